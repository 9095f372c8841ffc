// Made by `python -m tests.support.api_types` from the OpenAPI of the relay; do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Act
         * @description What the desk can do with an incident.
         * @enum {string}
         */
        Act: "acknowledge" | "verify" | "cancel" | "close" | "reopen" | "reclassify" | "offer" | "recall" | "reinforce" | "hand_over" | "check_in" | "merge" | "split" | "pass_on" | "note";
        /**
         * ActAsked
         * @description An act of the desk on one incident.
         */
        ActAsked: {
            act: components["schemas"]["Act"];
            /**
             * Actor
             * @description Who acts; becomes the owner with `acknowledge` and `reopen`
             */
            actor: string;
            /**
             * Command Id
             * @description UUID made by the caller; sent again it has no second effect
             */
            command_id?: string | null;
            /**
             * Reason
             * @description Required with cancel, reclassify, recall, merge, split, pass_on and note
             * @default
             */
            reason: string;
            /**
             * Expected Revision
             * @description Refuse when the incident has changed since
             */
            expected_revision?: number | null;
            /** @description Required with close, unless a unit reported one */
            outcome?: components["schemas"]["Outcome"] | null;
            /** Category */
            category?: string | null;
            severity?: components["schemas"]["Severity"] | null;
            /** Area Id */
            area_id?: string | null;
            /**
             * Unit Id
             * @description With offer: ask this unit alone
             */
            unit_id?: string | null;
            /**
             * Dispatch Id
             * @description With recall: the dispatch to end
             */
            dispatch_id?: string | null;
            /**
             * Desk
             * @description Room at whose desk the actor sits: only its own area or town
             */
            desk?: string | null;
            /**
             * Into
             * @description With merge: the incident that stays
             */
            into?: string | null;
            /**
             * Alert Ids
             * @description With split: the alerts that leave
             * @default []
             */
            alert_ids: string[];
            /**
             * From Owner
             * @description With pass_on: who must still have it
             */
            from_owner?: string | null;
            /**
             * To Owner
             * @description With pass_on: who has it then
             */
            to_owner?: string | null;
        };
        /**
         * ActDone
         * @description What became of the act; durable when this is answered.
         */
        ActDone: {
            /** Command Id */
            command_id: string;
            answer: components["schemas"]["Answer"];
            /** Reason */
            reason: string;
            /** Incident State */
            incident_state: string;
            /** Revision */
            revision: number;
        };
        /**
         * Activity
         * @description What a unit does; it follows its dispatch, so that one press changes both.
         * @enum {string}
         */
        Activity: "available" | "assigned" | "en_route" | "on_scene";
        /**
         * AlertShape
         * @description One alert that was folded into the incident.
         */
        AlertShape: {
            /** Alert Id */
            alert_id: string;
            /**
             * Source
             * @enum {string}
             */
            source: "flag" | "machine" | "test";
            /** Node */
            node: string;
            /** Camera */
            camera: string;
            /** Rule */
            rule: string;
            /** Category */
            category: string;
            severity: components["schemas"]["Severity"];
            /** Verified */
            verified: boolean;
            /**
             * Label
             * @description What the detector named, or who flagged it
             */
            label: string;
            /**
             * Raised At
             * Format: date-time
             */
            raised_at: string;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Judgement */
            judgement: string | null;
            /** Note */
            note: string;
            /**
             * Snapshot
             * @description SHA-256 of the picture the alert was raised with
             */
            snapshot: string | null;
            /** Clip */
            clip: string | null;
            /**
             * Twin Of
             * @description The alert of another room's agent on the same camera that told the same; not counted beside it
             */
            twin_of: string | null;
            /**
             * Media
             * @description Everything its room announced, in that order
             */
            media: components["schemas"]["MediaShape"][];
        };
        /**
         * Answer
         * @description What became of a step or an act; the same words go over the wire.
         * @enum {string}
         */
        Answer: "done" | "already_done" | "late_noted" | "taken_by_other" | "not_yours" | "unknown" | "refused";
        /**
         * AreaChoice
         * @description An area of the city.
         */
        AreaChoice: {
            /** Area Id */
            area_id: string;
            title: components["schemas"]["Titles"];
            town: components["schemas"]["Titles"] | null;
        };
        /**
         * AreaCompletenessShape
         * @description An area in a month.
         */
        AreaCompletenessShape: {
            /** Area */
            area: string;
            title: components["schemas"]["Titles"];
            /** Complete */
            complete: boolean;
            /**
             * Days
             * @description Days of the month that have begun
             */
            days: number;
            /** Incomplete */
            incomplete: components["schemas"]["DayShape"][];
        };
        /**
         * AreaCountsList
         * @description All areas of the city in a month; `unmapped` is what lies in none.
         */
        AreaCountsList: {
            /** Month */
            month: string;
            /**
             * Release
             * @description The release the counts are the figures of; null: as they are now
             */
            release: number | null;
            /** Areas */
            areas: components["schemas"]["AreaCountsShape"][];
        };
        /**
         * AreaCountsShape
         * @description An area in a month: how many incidents, and how much watching stands behind them.
         */
        AreaCountsShape: {
            /** Area */
            area: string;
            title: components["schemas"]["Titles"];
            /** Month */
            month: string;
            /** Reported */
            reported: number;
            /** Confirmed */
            confirmed: number;
            /**
             * Camera Hours
             * @description Hours that cameras streamed, summed over cameras; gaps left out
             */
            camera_hours: number;
            /**
             * Patrol Hours
             * @description Hours that units on duty were on patrol in it; gaps left out
             */
            patrol_hours: number;
            /**
             * Complete
             * @description It was watched on every day, and everything its rooms raised is here
             */
            complete: boolean;
            /** Incomplete Days */
            incomplete_days: number;
            /**
             * Doubts
             * @description Why it is not complete: all reasons of all its days
             */
            doubts: components["schemas"]["Doubt"][];
        };
        /**
         * AreaIndexShape
         * @description The index of an area.
         */
        AreaIndexShape: {
            /** Area */
            area: string;
            title: components["schemas"]["Titles"];
            /** @description What to show. `incomplete`: calm by its counts, but nobody can say so */
            standing: components["schemas"]["Standing"];
            /** @description From the counts alone; where `complete` is false it is at least that */
            level: components["schemas"]["Level"];
            /** Value */
            value: number;
            /** Complete */
            complete: boolean;
            /** Incomplete Days */
            incomplete_days: number;
            /** Doubts */
            doubts: components["schemas"]["Doubt"][];
            /**
             * Inputs
             * @description Hash of the rule and counts behind this row
             */
            inputs: string;
        };
        /**
         * AuditShape
         * @description What the auditor saw, which asks the store every ten seconds whether anything is forgotten.
         */
        AuditShape: {
            /**
             * Looked At
             * @description When it last could look; null: not since the start
             */
            looked_at: string | null;
            /**
             * Age S
             * @description Seconds since then, of the machine's own; null: not since the start
             */
            age_s: number | null;
            /**
             * Failures
             * @description Looks at which the store could not be read
             */
            failures: number;
            /** Severe Open */
            severe_open: number;
            /**
             * Severe Unowned
             * @description Of these, those that nobody has: a timer stands for each
             */
            severe_unowned: number;
            /**
             * Forgotten
             * @description With neither owner nor unit nor timer: must be 0
             */
            forgotten: number;
            /**
             * Timer Late S
             * @description How long the longest overdue timer has waited
             */
            timer_late_s: number;
        };
        /**
         * BasisCategory
         * @description How a category was treated.
         */
        BasisCategory: {
            /** Family */
            family: string;
            /** Counted */
            counted: boolean;
        };
        /**
         * BasisContent
         * @description Everything that placed and counted incidents while this basis was in force.
         */
        BasisContent: {
            /** Time Zone */
            time_zone: string;
            /**
             * Areas
             * @description Outer rings of each area, (lon, lat); the last point joins the first
             */
            areas: {
                [key: string]: [
                    number,
                    number
                ][][];
            };
            /**
             * Rooms
             * @description The area of each room, taken where a point lies in no area
             */
            rooms: {
                [key: string]: string | null;
            };
            /** Categories */
            categories: {
                [key: string]: components["schemas"]["BasisCategory"];
            };
        };
        /**
         * BasisIncidents
         * @description How many incidents of a month were placed by one basis.
         */
        BasisIncidents: {
            /**
             * Basis
             * @description 0: placed before bases were numbered
             */
            basis: number;
            /** Incidents */
            incidents: number;
        };
        /**
         * BasisList
         * @description All bases, the oldest first.
         */
        BasisList: {
            /** Bases */
            bases: components["schemas"]["BasisShape"][];
            /** In Force */
            in_force: number;
        };
        /**
         * BasisShape
         * @description One counting basis.
         */
        BasisShape: {
            /** Basis */
            basis: number;
            /**
             * Digest
             * @description BLAKE2b of its content, 128 bits in hex
             */
            digest: string;
            /**
             * Since
             * Format: date-time
             * @description When it was first in force
             */
            since: string;
        };
        /**
         * BeatHoles
         * @description The holes of one beat.
         */
        BeatHoles: {
            /** Beat Id */
            beat_id: string;
            /** Beat */
            beat: string;
            title: components["schemas"]["Titles"];
            /** Town Id */
            town_id: string;
            /** Holes */
            holes: components["schemas"]["HoleShape"][];
        };
        /**
         * BudgetList
         * @description The alert budget of the duty officer and of every room that raised anything, the fullest first.
         */
        BudgetList: {
            /**
             * Clock
             * Format: date-time
             */
            clock: string;
            /** Window S */
            window_s: number;
            /** Desks */
            desks: components["schemas"]["BudgetShape"][];
        };
        /**
         * BudgetShape
         * @description How many alerts a desk had to look at within ten minutes.
         */
        BudgetShape: {
            /**
             * Desk
             * @description `centre`, or the node of a room
             */
            desk: string;
            name: components["schemas"]["Titles"];
            /** Alerts */
            alerts: number;
            /**
             * State
             * @description `within`: at most 2 in ten minutes; `flood`: more than 10, no person follows that
             * @enum {string}
             */
            state: "within" | "busy" | "flood";
        };
        /**
         * CandidateList
         * @description Whom an incident would be offered to now, and why not to others.
         */
        CandidateList: {
            /** Incident Id */
            incident_id: string;
            /** Levels */
            levels: components["schemas"]["LevelShape"][];
        };
        /**
         * CandidateShape
         * @description A unit that would be asked now, the first one first.
         */
        CandidateShape: {
            /** Unit Id */
            unit_id: string;
            unit: components["schemas"]["Titles"];
            force: components["schemas"]["Force"];
            /**
             * Distance M
             * @description null: nobody knows where it is
             */
            distance_m: number | null;
            /**
             * Reason
             * @description Why: ring, distance, age of its fix, what is before it already
             */
            reason: string;
        };
        /**
         * CategoryChoice
         * @description A kind of incident of the city.
         */
        CategoryChoice: {
            /** Category */
            category: string;
            title: components["schemas"]["Titles"];
            severity: components["schemas"]["Severity"];
        };
        /**
         * CityFaultShape
         * @description What is wrong in a file.
         */
        CityFaultShape: {
            /** File */
            file: string;
            /** Line */
            line: number | null;
            /** Column */
            column: string;
            /** Subject */
            subject: string;
            /** What */
            what: string;
            /** Grave */
            grave: boolean;
        };
        /**
         * CityFiles
         * @description Files of the city by name, each in base64 and packed with gzip or not; a ZIP counts as the files in it.
         *
         *     ``of_version`` instead of files: all files of that version and no others, to undo what came after it.
         */
        CityFiles: {
            /** Files */
            files?: {
                [key: string]: string;
            };
            /** Of Version */
            of_version?: number | null;
        };
        /**
         * CityImportAsked
         * @description An import; ``version`` is the one the preview was compared with, so that nothing is overwritten unseen.
         */
        CityImportAsked: {
            /** Files */
            files?: {
                [key: string]: string;
            };
            /** Of Version */
            of_version?: number | null;
            /** Author */
            author: string;
            /**
             * Note
             * @default
             */
            note: string;
            /** Version */
            version?: number | null;
        };
        /**
         * CityImported
         * @description An import that is durable and in force.
         */
        CityImported: {
            /** Version */
            version: number;
            /** Changes */
            changes: {
                [key: string]: components["schemas"]["KindChangesShape"];
            };
            /** Effects */
            effects: string[];
        };
        /**
         * CityPreviewShape
         * @description What an import would do.
         */
        CityPreviewShape: {
            /** Version */
            version: number;
            /** Usable */
            usable: boolean;
            /** Changes */
            changes: {
                [key: string]: components["schemas"]["KindChangesShape"];
            };
            /** Faults */
            faults: components["schemas"]["CityFaultShape"][];
            /** More Faults */
            more_faults: number;
            /** Effects */
            effects: string[];
        };
        /**
         * CityShape
         * @description The city in force and the imports before it.
         */
        CityShape: {
            /** Version */
            version: number;
            /** Name */
            name: string;
            /** Name En */
            name_en: string;
            /** Sizes */
            sizes: {
                [key: string]: number;
            };
            /** Versions */
            versions: components["schemas"]["CityVersionShape"][];
        };
        /**
         * CityVersionShape
         * @description One import.
         */
        CityVersionShape: {
            /** Version */
            version: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Author */
            author: string;
            /** Note */
            note: string;
        };
        /**
         * CompletenessList
         * @description Completeness of areas in a month, as it is now.
         */
        CompletenessList: {
            /** Month */
            month: string;
            /** Areas */
            areas: components["schemas"]["AreaCompletenessShape"][];
        };
        /**
         * CountSumShape
         * @description How many incidents count in one place.
         */
        CountSumShape: {
            measure: components["schemas"]["Measure"];
            /** Area */
            area: string;
            /** Category */
            category: string;
            /** Month */
            month: string;
            /** Count */
            count: number;
        };
        /**
         * CountSums
         * @description Sums of the ledger, as they are now or as a release of a month says.
         */
        CountSums: {
            /** Sums */
            sums: components["schemas"]["CountSumShape"][];
            /**
             * Head
             * @description Cursor of the newest line these sums contain
             */
            head: number;
            /**
             * Release
             * @description The release these are the figures of; null: as they are now
             */
            release?: number | null;
        };
        /**
         * CountsPageShape
         * @description Lines after a cursor, in commit order; up to date when the last cursor is `head`.
         */
        CountsPageShape: {
            /** Entries */
            entries: components["schemas"]["LedgerLineShape"][];
            /** Head */
            head: number;
        };
        /**
         * DayShape
         * @description A day of an area that is not complete.
         */
        DayShape: {
            /** Day */
            day: string;
            /** Doubts */
            doubts: components["schemas"]["Doubt"][];
        };
        /**
         * DeadLetterShape
         * @description A record that was acknowledged but could not be used.
         */
        DeadLetterShape: {
            /** Log Id */
            log_id: number;
            /** Node */
            node: string;
            /**
             * Epoch
             * @description Text, because browsers round integers of 63 bits
             */
            epoch: string;
            /** Stream */
            stream: string;
            /** Seq */
            seq: number;
            /** Kind */
            kind: string;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Reason */
            reason: string;
            /** Detail */
            detail: string;
        };
        /**
         * DeadLetters
         * @description Dead letters, the newest first.
         */
        DeadLetters: {
            /** Dead Letters */
            dead_letters: components["schemas"]["DeadLetterShape"][];
        };
        /**
         * DeskChoices
         * @description What an incident can be named and where it can lie: all kinds and areas of the city in force.
         */
        DeskChoices: {
            /** Categories */
            categories: components["schemas"]["CategoryChoice"][];
            /** Areas */
            areas: components["schemas"]["AreaChoice"][];
        };
        /**
         * DeskWatch
         * @description How the desk is manned, and what the auditor says.
         */
        DeskWatch: {
            /**
             * Clock
             * Format: date-time
             */
            clock: string;
            /** Owners */
            owners: components["schemas"]["OwnerShape"][];
            audit: components["schemas"]["AuditShape"];
        };
        /**
         * DispatchList
         * @description The dispatches offered last, the newest first.
         */
        DispatchList: {
            /** Dispatches */
            dispatches: components["schemas"]["DispatchShape"][];
        };
        /**
         * DispatchShape
         * @description One unit asked for one incident, with the time of each step.
         */
        DispatchShape: {
            /** Dispatch Id */
            dispatch_id: string;
            /** Incident Id */
            incident_id: string;
            /** Unit Id */
            unit_id: string;
            unit: components["schemas"]["Titles"];
            state: components["schemas"]["DispatchState"];
            /** Revision */
            revision: number;
            /**
             * Level
             * @description 0 community, 1 station, 2 centre
             */
            level: number;
            /**
             * Reason
             * @description Why this unit was asked
             */
            reason: string;
            /**
             * Offered At
             * Format: date-time
             */
            offered_at: string;
            /**
             * Answer By
             * Format: date-time
             */
            answer_by: string;
            /** Accepted At */
            accepted_at: string | null;
            /** En Route At */
            en_route_at: string | null;
            /** On Scene At */
            on_scene_at: string | null;
            /** Cleared At */
            cleared_at: string | null;
            /** Ended At */
            ended_at: string | null;
            outcome: components["schemas"]["Outcome"] | null;
            /**
             * Note
             * @description Why it was declined or recalled
             */
            note: string;
        };
        /**
         * DispatchState
         * @description Where a dispatch stands.
         * @enum {string}
         */
        DispatchState: "offered" | "accepted" | "declined" | "timed_out" | "en_route" | "on_scene" | "cleared" | "handed_over" | "recalled";
        /**
         * Doubt
         * @description Why a day of an area is not known to be complete.
         * @enum {string}
         */
        Doubt: "no_room" | "dark" | "not_attested" | "hole" | "outbox_replaced" | "missing" | "differs" | "refused" | "unusable" | "not_compared";
        /**
         * DutyAsked
         * @description A unit goes on or off duty by hand; that holds until its next shift begins or ends.
         */
        DutyAsked: {
            /** Actor */
            actor: string;
            /** On Duty */
            on_duty: boolean;
            /**
             * Command Id
             * @description UUID made by the caller; sent again it has no second effect
             */
            command_id?: string | null;
        };
        /**
         * DutyDone
         * @description What became of it; durable when this is answered.
         */
        DutyDone: {
            /** Command Id */
            command_id: string;
            /** Answer */
            answer: string;
        };
        /**
         * DutyShape
         * @description A unit with shifts: is it on duty, why, and until when.
         */
        DutyShape: {
            /** Unit Id */
            unit_id: string;
            unit: components["schemas"]["Titles"];
            /** Beat Id */
            beat_id: string | null;
            /** On Duty */
            on_duty: boolean;
            /** Reason */
            reason: string;
            /**
             * Until
             * @description When its shift next begins or ends
             */
            until: string | null;
            /**
             * Dispatch Id
             * @description What it is working on: to be handed over when its shift ends
             */
            dispatch_id: string | null;
        };
        /**
         * Fault
         * @description Every answer that is not what was asked for.
         */
        Fault: {
            /**
             * Code
             * @description Stable word for machines, e.g. `not_found`
             */
            code: string;
            /**
             * Error
             * @description One sentence for people: what is wrong and what to do
             */
            error: string;
        };
        /**
         * FiguresShape
         * @description How much the relay holds and how it works.
         */
        FiguresShape: {
            /**
             * Alerts
             * @description Stored alerts without the synthetic ones
             */
            alerts: number;
            /** Test Alerts */
            test_alerts: number;
            /** Records */
            records: number;
            /** Dead Letters */
            dead_letters: number;
            /** Incidents */
            incidents: number;
            /** Incidents Open */
            incidents_open: number;
            /** Incidents By State */
            incidents_by_state: {
                [key: string]: number;
            };
            /** Dispatches */
            dispatches: number;
            /** Dispatches By State */
            dispatches_by_state: {
                [key: string]: number;
            };
            /** Ledger Lines */
            ledger_lines: number;
            /** Timers */
            timers: number;
            /**
             * Commits
             * @description Since this relay started
             */
            commits: number;
            /** Last Commit At */
            last_commit_at: string | null;
            /** Gates */
            gates: {
                [key: string]: components["schemas"]["GateShape"];
            };
            /** Uptime S */
            uptime_s: number;
        };
        /**
         * Force
         * @description The four kinds of force of the city.
         * @enum {string}
         */
        Force: "police_patrol" | "community_patrol" | "grid_worker" | "video_patrol";
        /**
         * GateShape
         * @description One field-facing process.
         */
        GateShape: {
            /** Running */
            running: boolean;
            /** Restarts */
            restarts: number;
            /**
             * Sessions
             * @description Peers connected now; null where the core does not know
             */
            sessions: number | null;
        };
        /**
         * HandOverAsked
         * @description A duty officer's shift ends: what that person has goes to the next one.
         */
        HandOverAsked: {
            /**
             * Actor
             * @description Who does it: either of the two, or somebody else
             */
            actor: string;
            /** From Owner */
            from_owner: string;
            /** To Owner */
            to_owner: string;
            /** Reason */
            reason: string;
            /**
             * Incident Ids
             * @description Only these; default: all open ones of `from_owner`
             */
            incident_ids?: string[] | null;
            /**
             * Command Id
             * @description UUID made by the caller; sent again it has no second effect
             */
            command_id?: string | null;
        };
        /**
         * HandOverDone
         * @description Durable when this is answered. Undone by the same, from the one to the other, for those that were done.
         */
        HandOverDone: {
            /** Command Id */
            command_id: string;
            /** Handed Over */
            handed_over: number;
            /** Results */
            results: components["schemas"]["HandOverResult"][];
            /**
             * More
             * @description There were more than one hand-over takes: ask again
             */
            more: boolean;
        };
        /**
         * HandOverItem
         * @description An open incident that would be handed over.
         */
        HandOverItem: {
            /** Incident Id */
            incident_id: string;
            /** Revision */
            revision: number;
            state: components["schemas"]["IncidentState"];
            severity: components["schemas"]["Severity"];
            category_title: components["schemas"]["Titles"];
            area: components["schemas"]["Titles"];
            /**
             * First Alert At
             * Format: date-time
             */
            first_alert_at: string;
        };
        /**
         * HandOverPreview
         * @description What a hand-over would move.
         */
        HandOverPreview: {
            /** Incidents */
            incidents: components["schemas"]["HandOverItem"][];
            /**
             * More
             * @description There are further ones: hand these over, then the rest
             */
            more: boolean;
        };
        /**
         * HandOverResult
         * @description What became of one incident.
         */
        HandOverResult: {
            /** Incident Id */
            incident_id: string;
            answer: components["schemas"]["Answer"];
            /**
             * Reason
             * @description Why it was not handed over
             */
            reason: string;
        };
        /**
         * Health
         * @description Whether the relay lives, or does its whole work; `checks` names what does not.
         */
        Health: {
            /** Ok */
            ok: boolean;
            /** Checks */
            checks: {
                [key: string]: boolean;
            };
            /**
             * Reasons
             * @description Why, for the checks that know
             * @default {}
             */
            reasons: {
                [key: string]: string;
            };
        };
        /**
         * HoleShape
         * @description A part of the week in which nobody of a beat is on shift, in the city's own time.
         */
        HoleShape: {
            /**
             * Begins
             * @description Such as `mon 08:00`
             */
            begins: string;
            /** Ends */
            ends: string;
            /**
             * Now
             * @description It is that time
             */
            now: boolean;
        };
        /**
         * IncidentDetail
         * @description Everything about one incident; what its answer had no room for is counted in ``left_out``.
         */
        IncidentDetail: {
            incident: components["schemas"]["IncidentShape"];
            /** Alerts */
            alerts: components["schemas"]["AlertShape"][];
            /** Timeline */
            timeline: components["schemas"]["TimelineEntry"][];
            left_out: components["schemas"]["LeftOut"];
        };
        /**
         * IncidentList
         * @description A page of incidents.
         */
        IncidentList: {
            /** Incidents */
            incidents: components["schemas"]["IncidentShape"][];
            /**
             * Sequence
             * @description Number of the newest change this page knows; the live feed goes on from it
             */
            sequence: number;
            /**
             * More
             * @description True when further ones follow; ask again with a larger `offset`
             */
            more: boolean;
        };
        /**
         * IncidentShape
         * @description One incident as it stands, with the units asked for it.
         */
        IncidentShape: {
            /** Incident Id */
            incident_id: string;
            state: components["schemas"]["IncidentState"];
            /**
             * Revision
             * @description Grows with every change; an act may name the one it was decided on
             */
            revision: number;
            /** Category */
            category: string;
            category_title: components["schemas"]["Titles"];
            severity: components["schemas"]["Severity"];
            /**
             * Source
             * @description `flag` when an operator flagged any of its alerts
             * @enum {string}
             */
            source: "flag" | "machine";
            /**
             * Verified
             * @description A person says that it is real
             */
            verified: boolean;
            /**
             * Direct
             * @description Its rule goes straight to the units
             */
            direct: boolean;
            /** Area Id */
            area_id: string;
            area: components["schemas"]["Titles"];
            town: components["schemas"]["Titles"] | null;
            place: components["schemas"]["PlaceShape"];
            /**
             * Node
             * @description Room of the first alert
             */
            node: string;
            room: components["schemas"]["Titles"];
            /**
             * Camera
             * @description Camera of the first alert; empty for a flag without one
             */
            camera: string;
            /** Month */
            month: string;
            /**
             * First Alert At
             * Format: date-time
             */
            first_alert_at: string;
            /**
             * Last Alert At
             * Format: date-time
             */
            last_alert_at: string;
            /**
             * Opened At
             * Format: date-time
             */
            opened_at: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * Notify Until
             * Format: date-time
             */
            notify_until: string;
            /** Alert Count */
            alert_count: number;
            /** Live Alerts */
            live_alerts: number;
            /** Counted */
            counted: boolean;
            outcome: components["schemas"]["Outcome"] | null;
            /**
             * Owner
             * @description Who at the desk has it; empty: nobody
             */
            owner: string;
            /** Escalation Level */
            escalation_level: number;
            /**
             * Merged Into
             * @description The incident that took its alerts and units
             */
            merged_into: string | null;
            /**
             * Basis
             * @description Counting basis it was placed by; 0: before they were numbered
             */
            basis: number;
            /**
             * Area Given
             * @description A person named its area; counting a month anew leaves it there
             */
            area_given: boolean;
            /** Dispatches */
            dispatches: components["schemas"]["DispatchShape"][];
        };
        /**
         * IncidentState
         * @description Where an incident stands. Reopening is not a state but a line of its history.
         * @enum {string}
         */
        IncidentState: "new" | "acknowledged" | "dispatched" | "on_scene" | "resolved" | "closed" | "cancelled";
        /**
         * IndexShape
         * @description The index of a month.
         */
        IndexShape: {
            /** Month */
            month: string;
            /** Release */
            release: number | null;
            /**
             * Cursor
             * @description Cursor of the newest ledger line in it
             */
            cursor: number;
            measure: components["schemas"]["Measure"];
            /** Blue From */
            blue_from: number;
            /** Orange From */
            orange_from: number;
            /** Red From */
            red_from: number;
            /** Slack */
            slack: number;
            /**
             * Rule Hash
             * @description Hash of measure, thresholds and weights
             */
            rule_hash: string;
            /** Areas */
            areas: components["schemas"]["AreaIndexShape"][];
        };
        /**
         * KindChangesShape
         * @description Ids of one kind of thing.
         */
        KindChangesShape: {
            /** Added */
            added: string[];
            /** Changed */
            changed: string[];
            /** Removed */
            removed: string[];
        };
        /**
         * LastRoundShape
         * @description The newest round that was made through a room's cameras.
         */
        LastRoundShape: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Camera Set */
            camera_set: string;
            /** Cameras */
            cameras: number;
            /**
             * Seen
             * @description Cameras whose live picture was attested
             */
            seen: number;
        };
        /**
         * LedgerLineShape
         * @description One line of the ledger, never changed; the same as on the ZeroMQ feed.
         */
        LedgerLineShape: {
            /** Cursor */
            cursor: number;
            /** Entry Id */
            entry_id: string;
            measure: components["schemas"]["Measure"];
            /** Area */
            area: string;
            /** Category */
            category: string;
            /** Month */
            month: string;
            /**
             * Count
             * @description +1, or -1 for a correction
             */
            count: number;
            /** Incident Id */
            incident_id: string;
            /** Reason */
            reason: string;
            /**
             * Recorded At
             * Format: date-time
             */
            recorded_at: string;
            /**
             * Release
             * @description Release of its month that it belongs to; 1 until the month is published
             */
            release: number;
        };
        /**
         * LeftOut
         * @description How many of the latest are not in the answer; 0: it is all of them. Ask again with a larger ``limit``.
         */
        LeftOut: {
            /** Alerts */
            alerts: number;
            /** History */
            history: number;
            /** Notifications */
            notifications: number;
        };
        /**
         * Level
         * @description The four levels, from calm to grave.
         * @enum {string}
         */
        Level: "green" | "blue" | "orange" | "red";
        /**
         * LevelShape
         * @description One escalation level as it would be asked now.
         */
        LevelShape: {
            /**
             * Level
             * @description 0 community, 1 station, 2 centre
             */
            level: number;
            /** Candidates */
            candidates: components["schemas"]["CandidateShape"][];
            /**
             * Passed Over
             * @description At most 200 of them
             */
            passed_over: components["schemas"]["PassedOverShape"][];
            /** Passed Over Count */
            passed_over_count: number;
        };
        /**
         * Measure
         * @description What an incident count counts (DESIGN.md §6).
         * @enum {string}
         */
        Measure: "reported" | "confirmed";
        /**
         * MediaShape
         * @description One snapshot, clip or voice note of an alert, as its room announced it.
         */
        MediaShape: {
            /** Sha256 */
            sha256: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "snapshot" | "clip" | "voice";
            /** Media Type */
            media_type: string;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** Duration Ms */
            duration_ms: number;
            /**
             * Masked
             * @description Privacy masks were burnt in
             */
            masked: boolean;
            /**
             * State
             * @description `stored`: `GET /api/v1/media/{sha256}` gives it; `in_room`: it has not arrived yet
             * @enum {string}
             */
            state: "in_room" | "stored" | "deleted";
        };
        /**
         * OnWatchShape
         * @description An operator who has signed on in a room.
         */
        OnWatchShape: {
            /** Operator */
            operator: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /** Shift Id */
            shift_id: string;
        };
        /**
         * Outcome
         * @description How a unit found the incident when it clears it.
         * @enum {string}
         */
        Outcome: "confirmed" | "nothing_found" | "false_alarm";
        /**
         * OwnerShape
         * @description Somebody at the desk who has open incidents.
         */
        OwnerShape: {
            /** Owner */
            owner: string;
            /** Open Incidents */
            open_incidents: number;
            /**
             * Oldest First Alert At
             * Format: date-time
             */
            oldest_first_alert_at: string;
        };
        /**
         * PassedOverShape
         * @description A unit of the same ring that would not be asked.
         */
        PassedOverShape: {
            /** Unit Id */
            unit_id: string;
            unit: components["schemas"]["Titles"];
            force: components["schemas"]["Force"];
            /**
             * Reason
             * @description Off duty, busy, not sent to such incidents, asked already
             */
            reason: string;
        };
        /**
         * PlaceShape
         * @description A point of the city in WGS-84 degrees.
         */
        PlaceShape: {
            /** Lon */
            lon: number;
            /** Lat */
            lat: number;
        };
        /**
         * Presence
         * @description How present a peer is.
         * @enum {string}
         */
        Presence: "online" | "late" | "lost";
        /**
         * PublishAsked
         * @description Publish a month that has ended, before its days of grace are over.
         */
        PublishAsked: {
            /**
             * Month
             * @description `YYYY-MM` in the city's time
             */
            month: string;
            /** Actor */
            actor: string;
            /**
             * Reason
             * @default
             */
            reason: string;
            /**
             * Command Id
             * @description UUID made by the caller; sent again it has no second effect
             */
            command_id?: string | null;
        };
        /**
         * PushAsked
         * @description ``PushSubscription.toJSON()`` as the browser gives it.
         */
        PushAsked: {
            /**
             * Endpoint
             * @description The push service's URL of this browser
             */
            endpoint: string;
            keys: components["schemas"]["PushKeys"];
            /** Expirationtime */
            expirationTime?: number | null;
        };
        /**
         * PushDone
         * @description What became of it; durable when this is answered.
         */
        PushDone: {
            /** Answer */
            answer: string;
        };
        /**
         * PushEnded
         * @description Which subscription ends.
         */
        PushEnded: {
            /**
             * Endpoint
             * @description The push service's URL of this browser
             */
            endpoint: string;
        };
        /**
         * PushKeyShape
         * @description The key browsers subscribe with.
         */
        PushKeyShape: {
            /**
             * Application Server Key
             * @description base64url; empty: this relay pushes nothing
             */
            application_server_key: string;
        };
        /**
         * PushKeys
         * @description ``keys`` of a PushSubscription.
         */
        PushKeys: {
            /** P256Dh */
            p256dh: string;
            /** Auth */
            auth: string;
        };
        /**
         * ReceiptAsked
         * @description What the phone did with a wake-up.
         */
        ReceiptAsked: {
            /**
             * Seen
             * @description True: a person had it on the screen; else the phone has it
             * @default false
             */
            seen: boolean;
        };
        /**
         * Reconciled
         * @description Whether everything the relay holds agrees with everything else it holds.
         */
        Reconciled: {
            /** Reconciled */
            reconciled: boolean;
            /** Differences */
            differences: string[];
        };
        /**
         * RefusalHour
         * @description How often a peer was refused something within an hour; kept for thirty days, over restarts and relays.
         */
        RefusalHour: {
            /**
             * Hour
             * Format: date-time
             * @description Begin of the hour
             */
            hour: string;
            /** Gate */
            gate: string;
            /**
             * Peer
             * @description As in `refusals`; `others` for all beyond two thousand in an hour
             */
            peer: string;
            /** Code */
            code: string;
            /** Count */
            count: number;
            /**
             * First At
             * Format: date-time
             */
            first_at: string;
            /**
             * Last At
             * Format: date-time
             */
            last_at: string;
            /**
             * Found
             * @description What was found last, for people
             */
            found: string;
        };
        /**
         * RefusalShape
         * @description Something a peer sends that is not taken.
         */
        RefusalShape: {
            /**
             * Gate
             * @description `rooms`, `terminals`, `counts`, …
             */
            gate: string;
            /**
             * Peer
             * @description `role:node` from its key; `unknown` for one that was never admitted
             */
            peer: string;
            /**
             * Code
             * @description A reason of the wire protocol, §10, or of a dead letter
             */
            code: string;
            /**
             * Count
             * @description Since `first_at`
             */
            count: number;
            /**
             * First At
             * Format: date-time
             * @description When it began; after a quiet minute it begins anew
             */
            first_at: string;
            /**
             * Last At
             * Format: date-time
             */
            last_at: string;
            /**
             * Found
             * @description What was found, for people; empty where the gate refused by itself
             */
            found: string;
            /**
             * Goes On
             * @description false: none for a minute
             */
            goes_on: boolean;
        };
        /**
         * Refusals
         * @description Who was refused what since this relay started, and by the hour before, the latest first.
         */
        Refusals: {
            /** Refusals */
            refusals: components["schemas"]["RefusalShape"][];
            /**
             * Forgotten
             * @description Lines dropped because there were more than a thousand
             */
            forgotten: number;
            /**
             * By Hour
             * @description From the store, as far back as `hours` says
             */
            by_hour: components["schemas"]["RefusalHour"][];
            /**
             * More
             * @description Lines of `by_hour` beyond `limit`
             */
            more: number;
        };
        /**
         * ReleaseList
         * @description Releases in the order in which they were made.
         */
        ReleaseList: {
            /** Releases */
            releases: components["schemas"]["ReleaseShape"][];
        };
        /**
         * ReleaseShape
         * @description A publication of a month. Its figures never change; what comes later makes the next release.
         */
        ReleaseShape: {
            /**
             * Number
             * @description Place among all releases of all months, without holes
             */
            number: number;
            /** Month */
            month: string;
            /**
             * Release
             * @description 1 is the first publication of the month
             */
            release: number;
            /**
             * Cutoff
             * @description Cursor of the newest ledger line it can contain
             */
            cutoff: number;
            /**
             * Entries
             * @description Lines of the month that are new in it
             */
            entries: number;
            /**
             * Begins At
             * Format: date-time
             */
            begins_at: string;
            /**
             * Ends At
             * Format: date-time
             * @description The month in UTC: from `begins_at` up to, but without, `ends_at`
             */
            ends_at: string;
            /** Time Zone */
            time_zone: string;
            /**
             * Published At
             * Format: date-time
             */
            published_at: string;
            /**
             * Actor
             * @description Who published it; `relay`: by itself
             */
            actor: string;
            /** Reason */
            reason: string;
            /**
             * Difference
             * @description What it changes in the release before it; given where a month is named
             */
            difference?: components["schemas"]["CountSumShape"][] | null;
        };
        /**
         * Retabulated
         * @description What became of it.
         */
        Retabulated: {
            /** Month */
            month: string;
            /** Basis */
            basis: number;
            /** @description `done`, or `already_done` when nothing stands elsewhere */
            answer: components["schemas"]["Answer"];
            /** Reason */
            reason: string;
        };
        /**
         * RetabulationAsked
         * @description Count a month anew on the basis in force.
         */
        RetabulationAsked: {
            /**
             * Month
             * @description `YYYY-MM` in the city's time
             */
            month: string;
            /** Actor */
            actor: string;
            /**
             * Reason
             * @description Required: it stands in the next release of the month
             */
            reason: string;
            /**
             * Basis
             * @description The basis whose differences you have seen
             */
            basis: number;
            /**
             * Command Id
             * @description UUID made by the caller; sent again it has no second effect
             */
            command_id?: string | null;
        };
        /**
         * RoomList
         * @description All rooms of the city.
         */
        RoomList: {
            /** Rooms */
            rooms: components["schemas"]["RoomShape"][];
        };
        /**
         * RoomShape
         * @description A video room and whether anything is heard of it.
         */
        RoomShape: {
            /** Node */
            node: string;
            title: components["schemas"]["Titles"];
            tier: components["schemas"]["Tier"];
            /** Town Id */
            town_id: string | null;
            /** Area Id */
            area_id: string | null;
            place: components["schemas"]["PlaceShape"];
            presence: components["schemas"]["Presence"];
            /**
             * Last Seen At
             * @description null: never heard of; it is not set up yet
             */
            last_seen_at: string | null;
        };
        /**
         * RoomWatch
         * @description Whether somebody watches a room.
         * @enum {string}
         */
        RoomWatch: "watched" | "unwatched" | "not_planned" | "unknown";
        /**
         * RoomWatchShape
         * @description A room: is it watched, should it be, and by whom.
         */
        RoomWatchShape: {
            /** Node */
            node: string;
            title: components["schemas"]["Titles"];
            tier: components["schemas"]["Tier"];
            presence: components["schemas"]["Presence"];
            /** @description `unwatched`: the roster wants it watched now and nobody has signed on; `unknown`: the room is lost */
            watch: components["schemas"]["RoomWatch"];
            /**
             * Planned
             * @description The roster wants it watched now; null: it says nothing of this room
             */
            planned: boolean | null;
            /**
             * Until
             * @description When that next changes
             */
            until: string | null;
            /**
             * Operators
             * @description Who has signed on, as the room told last
             */
            operators: components["schemas"]["OnWatchShape"][];
            /** @description Of shifts that began within the last seven days */
            last_round: components["schemas"]["LastRoundShape"] | null;
        };
        /**
         * RosterShape
         * @description Who is on duty, and where nobody is.
         */
        RosterShape: {
            /**
             * Clock
             * Format: date-time
             */
            clock: string;
            /** Units */
            units: components["schemas"]["DutyShape"][];
            /**
             * Units With Shifts
             * @description How many units have shifts, also when `units` was not asked for
             */
            units_with_shifts: number;
            /** Beats With Holes */
            beats_with_holes: components["schemas"]["BeatHoles"][];
            /** Holes Now */
            holes_now: number;
        };
        /**
         * ScopeAsked
         * @description Which machine alerts are meant: everything that is named must fit; at least one must be named.
         */
        ScopeAsked: {
            /** Node */
            node?: string | null;
            /**
             * Camera
             * @default
             */
            camera: string;
            /** Area Id */
            area_id?: string | null;
            /** Category */
            category?: string | null;
            /**
             * Rule
             * @default
             */
            rule: string;
        };
        /**
         * Severity
         * @description How urgent an alert is; decides the escalation clock.
         * @enum {string}
         */
        Severity: "critical" | "high" | "normal" | "low";
        /**
         * ShiftEnd
         * @description How a shift ended.
         * @enum {string}
         */
        ShiftEnd: "sign_off" | "handed_over" | "lost";
        /**
         * SilenceAsked
         * @description A silence or a maintenance window to set.
         */
        SilenceAsked: {
            /** Actor */
            actor: string;
            /** Reason */
            reason: string;
            /** @default silence */
            kind: components["schemas"]["SilenceKind"];
            scope: components["schemas"]["ScopeAsked"];
            /**
             * Begins At
             * @description null: now
             */
            begins_at?: string | null;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /**
             * Command Id
             * @description UUID made by the caller; names the silence
             */
            command_id?: string | null;
        };
        /**
         * SilenceDone
         * @description What became of it; durable when this is answered.
         */
        SilenceDone: {
            /** Silence Id */
            silence_id: string;
            /** Answer */
            answer: string;
        };
        /**
         * SilenceEndAsked
         * @description End a silence before its time.
         */
        SilenceEndAsked: {
            /** Actor */
            actor: string;
            /** Command Id */
            command_id?: string | null;
        };
        /**
         * SilenceKind
         * @description Why alerts page nobody.
         * @enum {string}
         */
        SilenceKind: "silence" | "maintenance";
        /**
         * SilenceList
         * @description Silences, those that end last first.
         */
        SilenceList: {
            /** Silences */
            silences: components["schemas"]["SilenceShape"][];
        };
        /**
         * SilencePreview
         * @description What a scope would have covered within the last day.
         */
        SilencePreview: {
            /** Alerts */
            alerts: number;
            /**
             * Critical
             * @description Of these; a silence does not cover them, a maintenance window does
             */
            critical: number;
            /** By Category */
            by_category: {
                [key: string]: number;
            };
            /**
             * Open Incidents
             * @description Open ones that such an alert belongs to
             */
            open_incidents: number;
        };
        /**
         * SilenceShape
         * @description One silence or maintenance window.
         */
        SilenceShape: {
            /** Silence Id */
            silence_id: string;
            kind: components["schemas"]["SilenceKind"];
            /** Author */
            author: string;
            /** Reason */
            reason: string;
            /** Node */
            node: string;
            /** Camera */
            camera: string;
            /** Area Id */
            area_id: string;
            /** Category */
            category: string;
            /** Rule */
            rule: string;
            /**
             * Begins At
             * Format: date-time
             */
            begins_at: string;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /** Active */
            active: boolean;
            /**
             * Ended At
             * @description When somebody ended it before its time
             */
            ended_at: string | null;
            /** Ended By */
            ended_by: string;
        };
        /**
         * Standing
         * @description What an area is shown as: a level, or that nobody can say that it is calm.
         * @enum {string}
         */
        Standing: "green" | "blue" | "orange" | "red" | "incomplete";
        /**
         * TabulationShape
         * @description What counting a month anew would change.
         */
        TabulationShape: {
            /** Month */
            month: string;
            /**
             * Basis
             * @description The basis in force; name it when you ask for the change
             */
            basis: number;
            /** Incidents */
            incidents: number;
            /** Placed By */
            placed_by: components["schemas"]["BasisIncidents"][];
            /**
             * Moved
             * @description Incidents that the basis in force places elsewhere or treats otherwise
             */
            moved: number;
            /**
             * Given
             * @description Incidents whose area a person named; they stay
             */
            given: number;
            /**
             * Unlisted
             * @description Incidents of a category that is no longer listed; they stay as they are
             */
            unlisted: number;
            /**
             * Changes
             * @description What the counts gain or lose, place by place
             */
            changes: components["schemas"]["CountSumShape"][];
            /**
             * Published
             * @description Newest release of the month; 0: not published, so none would be made
             */
            published: number;
        };
        /**
         * Tier
         * @description The three tiers of rooms, and of the forces behind them.
         * @enum {string}
         */
        Tier: "community" | "station" | "centre";
        /**
         * TimelineEntry
         * @description One line of what happened, whoever did it.
         */
        TimelineEntry: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "history" | "alert" | "notification" | "count";
            /**
             * Change
             * @description What happened, one word
             */
            change: string;
            /**
             * Actor
             * @description A person, a unit, a room, or `relay`
             */
            actor: string;
            /**
             * Text
             * @description Reason or note, in the words it was given
             */
            text: string;
            /** Detail */
            detail: {
                [key: string]: unknown;
            };
        };
        /**
         * Titles
         * @description A name in both languages; equal where the city's files give only one.
         */
        Titles: {
            /** Zh */
            zh: string;
            /** En */
            en: string;
        };
        /**
         * UnitList
         * @description All units of the roster.
         */
        UnitList: {
            /** Units */
            units: components["schemas"]["UnitShape"][];
        };
        /**
         * UnitShape
         * @description A unit: who it is and what it does now.
         */
        UnitShape: {
            /** Unit Id */
            unit_id: string;
            title: components["schemas"]["Titles"];
            force: components["schemas"]["Force"];
            /** Town Id */
            town_id: string;
            /** Beat Id */
            beat_id: string | null;
            /** On Duty */
            on_duty: boolean;
            activity: components["schemas"]["Activity"];
            /** Dispatch Id */
            dispatch_id: string | null;
            place: components["schemas"]["PlaceShape"] | null;
            /** Fix At */
            fix_at: string | null;
            /** Accuracy M */
            accuracy_m: number | null;
            /** Last Seen At */
            last_seen_at: string | null;
        };
        /**
         * WatchBoard
         * @description Who watches the city's pictures now, and where nobody does.
         */
        WatchBoard: {
            /**
             * Clock
             * Format: date-time
             */
            clock: string;
            /**
             * Rooms
             * @description Those that nobody watches first
             */
            rooms: components["schemas"]["RoomWatchShape"][];
            /**
             * Planned Now
             * @description Rooms that the roster wants watched now
             */
            planned_now: number;
            /** Unwatched Now */
            unwatched_now: number;
            /**
             * Rooms Planned
             * @description Rooms of which the roster says anything
             */
            rooms_planned: number;
        };
        /**
         * WatchShiftList
         * @description The shifts that began in a month, the first one first.
         */
        WatchShiftList: {
            /** Month */
            month: string;
            /** Shifts */
            shifts: components["schemas"]["WatchShiftShape"][];
            /**
             * Left Out
             * @description Later shifts beyond the limit; the CSV has all of them
             */
            left_out: number;
        };
        /**
         * WatchShiftShape
         * @description One operator's shift in one room.
         */
        WatchShiftShape: {
            /** Node */
            node: string;
            title: components["schemas"]["Titles"];
            /** Shift Id */
            shift_id: string;
            /** Operator */
            operator: string;
            /**
             * Began At
             * Format: date-time
             */
            began_at: string;
            /**
             * Ended At
             * @description null: it goes on, as far as the room told
             */
            ended_at: string | null;
            /** @description `lost`: its end was never told */
            end: components["schemas"]["ShiftEnd"] | null;
            /**
             * Relieved By
             * @description Who took it over; empty when nobody did
             */
            relieved_by: string;
            /** Rounds */
            rounds: number;
            /**
             * Round Cameras
             * @description Cameras of all its rounds together
             */
            round_cameras: number;
            /**
             * Round Seen
             * @description Of these, whose live picture was attested
             */
            round_seen: number;
            /**
             * Coverage
             * @description round_seen of round_cameras, 0 to 1; null without a round
             */
            coverage: number | null;
            /**
             * Figures
             * @description The shift's statistics as its room told them at its end: flags, withdrawn, judged, accepted, dismissed, open_matters, look_back_ms_median, judged_after_ms_median …
             */
            figures: {
                [key: string]: number;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
