// Made by `python -m tests.support.api_types` from the OpenAPI of the room; do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AlertShape
         * @description One alert or flag of this room.
         */
        AlertShape: {
            /** Alert Id */
            alert_id: string;
            /**
             * Source
             * @enum {string}
             */
            source: "machine" | "flag";
            /** Camera */
            camera: string | null;
            /** Rule */
            rule: string;
            /** Category */
            category: string;
            /** Severity */
            severity: string;
            /** Label */
            label: string;
            /** Zone */
            zone: string;
            /**
             * Raised At
             * Format: date-time
             */
            raised_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Standing */
            standing: string;
            /** Operator */
            operator: string;
            /** Reason */
            reason: string;
            /**
             * Acknowledged
             * @description The relay has it
             */
            acknowledged: boolean;
            /**
             * Rung
             * @description How far it has come: stored, delivered, accepted (by a unit), on_scene, outcome
             */
            rung: string;
            /** @description null until somebody has taken it up */
            progress: components["schemas"]["ProgressShape"] | null;
            /** Has Snapshot */
            has_snapshot: boolean;
            /** Has Clip */
            has_clip: boolean;
            /**
             * Note
             * @description The words of a flag; empty: none
             * @default
             */
            note: string;
            /**
             * Voice Ms
             * @description Length of a flag's voice note (GET /alerts/{alert_id}/voice); 0: none
             * @default 0
             */
            voice_ms: number;
            /**
             * Box
             * @description Left, top, right, bottom in shares of the picture when it was raised; null for a flag
             */
            box?: [
                number,
                number,
                number,
                number
            ] | null;
        };
        /**
         * CameraSetShape
         * @description Cameras that are walked through together.
         */
        CameraSetShape: {
            /** Name */
            name: string;
            /** Title */
            title: string;
            /** Cameras */
            cameras: string[];
            /** Last Round At */
            last_round_at: string | null;
            /**
             * Last Coverage
             * @description Share of its cameras that the last round saw, 0-1
             */
            last_coverage: number | null;
            /**
             * Round Due At
             * @description null when no rounds are asked for, or none was made yet
             */
            round_due_at: string | null;
        };
        /**
         * CameraShape
         * @description How one camera is.
         */
        CameraShape: {
            /** Name */
            name: string;
            /** Title */
            title: string;
            /**
             * State
             * @description connecting, streaming, stalled, frozen, backing_off, disabled
             */
            state: string;
            /** Reason */
            reason: string;
            /** Fps */
            fps: number;
            /**
             * Age S
             * @description Seconds since the last packet; null before the first
             */
            age_s: number | null;
            /** Width */
            width: number;
            /** Height */
            height: number;
            /**
             * Analysed
             * @description Pictures analysed since the start
             */
            analysed: number;
            /**
             * Skipped
             * @description Pictures dropped because a newer one came first
             */
            skipped: number;
            /** Reconnects */
            reconnects: number;
            /**
             * Packets
             * @description Pictures the camera sent since the start
             */
            packets: number;
            /**
             * Corrupt
             * @description Damaged places in its stream since the start
             */
            corrupt: number;
            /**
             * Decodes
             * @description full, keyframes (nothing moves) or behind (the machine is too slow for more)
             */
            decodes: string;
            /**
             * Left Out
             * @description Pictures not decoded because the machine was too slow
             */
            left_out: number;
            /**
             * Main State
             * @description State of the main stream where a substream is analysed; empty: one stream
             */
            main_state: string;
            /** Main Reason */
            main_reason: string;
            /**
             * Health
             * @description What is wrong with it and was told; the oldest first
             */
            health: components["schemas"]["HealthAlertShape"][];
            /**
             * Failure
             * @description Why the last connection failed, as a word: refused, no_such_host, unreachable, timed_out, unauthorised, not_found, forbidden, server_error, not_a_video, no_video_stream, undecodable, bad_address, ended, lost, silent, same_picture, fault; empty once pictures flow
             * @default
             */
            failure: string;
        };
        /**
         * CamerasSeen
         * @description Cameras the operator has looked at.
         */
        CamerasSeen: {
            /** Operator */
            operator: string;
            /** Cameras */
            cameras: string[];
        };
        /**
         * ChangeStored
         * @description A judgement or change is durable in the room.
         */
        ChangeStored: {
            /** Alert Id */
            alert_id: string;
            /** Seq */
            seq: number;
            /**
             * Stored At
             * Format: date-time
             */
            stored_at: string;
            /**
             * Standing
             * @description open, accepted, dismissed; or pressed, classified, withdrawn
             */
            standing: string;
        };
        /**
         * CountersShape
         * @description Alerts and flags since this outbox was made.
         */
        CountersShape: {
            /** Raised */
            raised: number;
            /** Stored */
            stored: number;
            /** Acknowledged */
            acknowledged: number;
            /**
             * Refused
             * @description Machine alerts the full outbox refused
             */
            refused: number;
            /**
             * Dead Letters
             * @description Records the relay could not accept
             */
            dead_letters: number;
        };
        /**
         * DetectorShape
         * @description What finds objects, how long it takes, and what the machine has no time for.
         */
        DetectorShape: {
            /** Kind */
            kind: string;
            /** Model */
            model: string;
            /**
             * Picture Ms
             * @description Mean CPU time per picture lately, without the model
             */
            picture_ms: number;
            /**
             * Faults
             * @description Exceptions contained since the start
             */
            faults: number;
            /**
             * State
             * @description Of the analysis process: starting, running, backing_off
             */
            state: string;
            /**
             * Reason
             * @description Why the analysis or a detector is down; empty while all run
             */
            reason: string;
            /**
             * Restarts
             * @description Restarts of the analysis process since the start
             */
            restarts: number;
            /**
             * Load
             * @description full, slow_beat, fewer_tracks, new_only or motion_only: what is asked of the model
             */
            load: string;
            /** Load Reason */
            load_reason: string;
            /**
             * Look Ms
             * @description Mean time of one look at a region or a whole picture lately
             */
            look_ms: number;
            /**
             * Looks
             * @description Looks since the analysis began, by what they were for
             */
            looks: {
                [key: string]: number;
            };
            /**
             * Looks Shed
             * @description Looks that did not take place, by what for and why
             */
            looks_shed: {
                [key: string]: number;
            };
            /**
             * Chosen
             * @description The model that runs: its name, input, provider, precision, why, the times measured, warnings
             */
            chosen: {
                [key: string]: unknown;
            };
            /**
             * Detectors
             * @description Detector processes that run
             */
            detectors: number;
            /** Detector Restarts */
            detector_restarts: number;
        };
        /**
         * DiskShape
         * @description The disk of the evidence, and how long what the room keeps lasts.
         */
        DiskShape: {
            /**
             * Free Bytes
             * @description null when the disk cannot be asked
             */
            free_bytes: number | null;
            /** Is Read Only */
            is_read_only: boolean;
            /**
             * Reserve Bytes
             * @description What evidence leaves free
             */
            reserve_bytes: number;
            /**
             * Kept Bytes
             * @description Snapshots, clips and voice notes
             */
            kept_bytes: number;
            /** Limit Bytes */
            limit_bytes: number;
            /**
             * Pinned Bytes
             * @description Of that, what the relay does not have yet: nothing of it is deleted
             */
            pinned_bytes: number;
            /**
             * Oldest Age S
             * @description Age of the oldest content; null: there is none
             */
            oldest_age_s: number | null;
            /**
             * Kept For S
             * @description How long evidence lasts at the rate it came; null: too early to say
             */
            kept_for_s: number | null;
            /**
             * Refusal
             * @description Why the last content was not stored; empty: it was
             */
            refusal: string;
            /**
             * Ring S
             * @description Seconds of video in memory for look-back and clips: of the camera with least
             */
            ring_s: number;
            /** Ring Bytes */
            ring_bytes: number;
        };
        /**
         * Fault
         * @description Why a request was not done; the same form as the relay's.
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
         * FlagClassified
         * @description The operator says afterwards what a flag is.
         */
        FlagClassified: {
            /** Operator */
            operator: string;
            /** Category */
            category: string;
            severity?: components["schemas"]["Severity"] | null;
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /**
         * FlagPressed
         * @description An operator saw something.
         */
        FlagPressed: {
            /**
             * Camera
             * @description The camera it was seen on; without it the room's or the given place
             */
            camera?: string | null;
            /**
             * Category
             * @description What it is; `unclassified` when there is no time to say
             */
            category: string;
            /** @default high */
            severity: components["schemas"]["Severity"];
            /**
             * Operator
             * @description Who saw it
             */
            operator: string;
            /**
             * Note
             * @default
             */
            note: string;
            place?: components["schemas"]["PlaceShape"] | null;
            /**
             * Look Back S
             * @description Seconds the clip goes back
             * @default 10
             */
            look_back_s: number;
        };
        /**
         * FlagStored
         * @description The flag is durable in the room; it survives a power cut from now on.
         */
        FlagStored: {
            /** Alert Id */
            alert_id: string;
            /**
             * Seq
             * @description Position in stream A of this room's outbox
             */
            seq: number;
            /**
             * Stored At
             * Format: date-time
             */
            stored_at: string;
        };
        /**
         * FlagWithdrawn
         * @description The operator takes a flag back; nothing is erased.
         */
        FlagWithdrawn: {
            /** Operator */
            operator: string;
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /**
         * Health
         * @description Whether the agent lives (healthz) or does its whole work (readyz).
         */
        Health: {
            /** Ok */
            ok: boolean;
            /** Reasons */
            reasons: string[];
        };
        /**
         * HealthAlertShape
         * @description Something is wrong with a camera or the room, and people have been told.
         */
        HealthAlertShape: {
            /** Alert Id */
            alert_id: string;
            /**
             * Condition
             * @description lost, stalled, frozen, black, covered, defocused, moved, clock_drift, gop_too_long; of the room also evidence_disk_low
             */
            condition: string;
            severity: components["schemas"]["Severity"];
            /**
             * Since
             * Format: date-time
             * @description When it was raised, after its hold-off
             */
            since: string;
            /** Reason */
            reason: string;
        };
        /**
         * JudgementMade
         * @description The operator's verdict on a machine alert.
         */
        JudgementMade: {
            verdict: components["schemas"]["Verdict"];
            /** Operator */
            operator: string;
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /**
         * LineStored
         * @description A line of the shift log is durable in the room.
         */
        LineStored: {
            /** Shift Id */
            shift_id: string;
            /** Entry */
            entry: string;
            /**
             * Stored At
             * Format: date-time
             */
            stored_at: string;
            /** Figures */
            figures: {
                [key: string]: number;
            };
        };
        /**
         * LinkShape
         * @description How the link to the relay is.
         */
        LinkShape: {
            /**
             * State
             * @description greeting, open, refused; off when the room has no relay
             */
            state: string;
            /** Endpoint */
            endpoint: string;
            /** Reason */
            reason: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /** Sessions */
            sessions: number;
            /** Round Trip Ms */
            round_trip_ms: number | null;
            /**
             * Alarms
             * @description What does not mend itself
             */
            alarms: string[];
        };
        /**
         * MatterShape
         * @description Something that is open now.
         */
        MatterShape: {
            /**
             * Kind
             * @description suggestion (not judged), flag (no outcome yet), health, link
             */
            kind: string;
            /** Alert Id */
            alert_id: string | null;
            /** Camera */
            camera: string | null;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * Text
             * @description Category, condition or reason
             */
            text: string;
        };
        /**
         * MediaLaneShape
         * @description Snapshots and clips on their way to the relay.
         */
        MediaLaneShape: {
            /**
             * State
             * @description off (the relay takes none), idle, offered, sending, resting
             */
            state: string;
            /** Endpoint */
            endpoint: string;
            /** Reason */
            reason: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * Held
             * @description An alert goes first at the moment
             */
            held: boolean;
            /** Waiting Snapshots */
            waiting_snapshots: number;
            /** Waiting Clips */
            waiting_clips: number;
            /** Waiting Bytes */
            waiting_bytes: number;
            /** Oldest Age S */
            oldest_age_s: number;
            /**
             * Sent Bytes
             * @description Since the start
             */
            sent_bytes: number;
            /**
             * Settled
             * @description Since the outbox was made: delivered, refused, lost, expired
             */
            settled: {
                [key: string]: number;
            };
        };
        /**
         * NotSeenShape
         * @description A camera that cannot be attested.
         */
        NotSeenShape: {
            /** Camera */
            camera: string;
            /** Reason */
            reason: string;
        };
        /**
         * OutboxShape
         * @description What waits for the relay.
         */
        OutboxShape: {
            /**
             * Pending
             * @description Records the relay has not acknowledged, by stream a, b, c
             */
            pending: {
                [key: string]: number;
            };
            /** Oldest Age S */
            oldest_age_s: {
                [key: string]: number;
            };
            /** Body Bytes */
            body_bytes: number;
            /**
             * Fault
             * @description Why the last write failed; empty while writing works
             */
            fault: string;
        };
        /**
         * OutlineShape
         * @description A zone (closed) or a line (open) of a camera's picture.
         */
        OutlineShape: {
            /** Name */
            name: string;
            /**
             * Points
             * @description x, y in shares of the picture
             */
            points: [
                number,
                number
            ][];
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
         * ProgressShape
         * @description What became of an alert, as the relay told it last.
         */
        ProgressShape: {
            /** Incident Id */
            incident_id: string;
            /**
             * Incident State
             * @description acknowledged, dispatched, on_scene, resolved, closed, cancelled, new
             */
            incident_state: string;
            /**
             * Outcome
             * @description confirmed, nothing_found, false_alarm; null until somebody found it
             */
            outcome: string | null;
            /**
             * At
             * Format: date-time
             * @description When the incident last changed
             */
            at: string;
            /** Units */
            units: components["schemas"]["UnitStepShape"][];
        };
        /**
         * RemarkMade
         * @description The operator adds words to a flag; the last words hold.
         */
        RemarkMade: {
            /** Operator */
            operator: string;
            /** Note */
            note: string;
        };
        /**
         * RoomShape
         * @description Who this room is.
         */
        RoomShape: {
            /** Name */
            name: string;
            /** Tier */
            tier: string;
            /** Place */
            place: [
                number,
                number
            ] | null;
            /** Time Zone */
            time_zone: string;
            /** Agent Version */
            agent_version: string;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /**
             * Now
             * Format: date-time
             */
            now: string;
            /**
             * Clock Offset S
             * @description The room's clock less the relay's; null: not known
             */
            clock_offset_s?: number | null;
        };
        /**
         * RoundBegun
         * @description An operator begins a round.
         */
        RoundBegun: {
            /** Operator */
            operator: string;
            /** Camera Set */
            camera_set: string;
        };
        /**
         * RoundFinished
         * @description The round is over.
         */
        RoundFinished: {
            /** Operator */
            operator: string;
            /**
             * Nothing To Report
             * @description The operator's word for every camera that was seen
             */
            nothing_to_report: boolean;
            /**
             * Note
             * @default
             */
            note: string;
        };
        /**
         * RoundShape
         * @description A round under way; it is forgotten when the agent restarts, and recorded when it is finished.
         */
        RoundShape: {
            /** Round Id */
            round_id: string;
            /** Operator */
            operator: string;
            /** Camera Set */
            camera_set: string;
            /**
             * Began At
             * Format: date-time
             */
            began_at: string;
            /** Seen */
            seen: string[];
            /** Missed */
            missed: string[];
            /** Coverage */
            coverage: number;
        };
        /**
         * SeenShape
         * @description What was attested.
         */
        SeenShape: {
            round: components["schemas"]["RoundShape"];
            /** Refused */
            refused: components["schemas"]["NotSeenShape"][];
        };
        /**
         * Severity
         * @description How urgent an alert is; decides the escalation clock.
         * @enum {string}
         */
        Severity: "critical" | "high" | "normal" | "low";
        /**
         * ShiftChanged
         * @description What an operator does with their own shift.
         */
        ShiftChanged: {
            /** Operator */
            operator: string;
            /**
             * Note
             * @description With a hand-over: what the next operator must know
             * @default
             */
            note: string;
        };
        /**
         * ShiftLineShape
         * @description One line of the shift log.
         */
        ShiftLineShape: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Operator */
            operator: string;
            /** Entry */
            entry: string;
            /** Subject */
            subject: string;
            /** Note */
            note: string;
            /** Figures */
            figures: {
                [key: string]: number;
            };
        };
        /**
         * ShiftShape
         * @description One operator on watch.
         */
        ShiftShape: {
            /** Shift Id */
            shift_id: string;
            /** Operator */
            operator: string;
            /**
             * State
             * @description on_watch, handing_over
             */
            state: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /** Note */
            note: string;
            /**
             * Rest Due At
             * @description When a rest is due; null when nobody is reminded
             */
            rest_due_at: string | null;
            /**
             * Figures
             * @description seconds, flags, withdrawn, judged, accepted, dismissed, rounds, round_cameras, round_seen, open_matters; look_back_ms_median and judged_after_ms_median when there are any
             */
            figures: {
                [key: string]: number;
            };
        };
        /**
         * SignedOn
         * @description An operator comes on watch.
         */
        SignedOn: {
            /** Operator */
            operator: string;
            /**
             * Note
             * @default
             */
            note: string;
        };
        /**
         * StateShape
         * @description Everything the room knows about itself at one moment.
         */
        StateShape: {
            room: components["schemas"]["RoomShape"];
            /** Cameras */
            cameras: components["schemas"]["CameraShape"][];
            detector: components["schemas"]["DetectorShape"];
            outbox: components["schemas"]["OutboxShape"];
            link: components["schemas"]["LinkShape"];
            media: components["schemas"]["MediaLaneShape"];
            /** @description null before the first look at it */
            disk: components["schemas"]["DiskShape"] | null;
            /** @description What GET /readyz says */
            readiness: components["schemas"]["Health"];
            /**
             * Health
             * @description What is wrong with the room itself; the oldest first
             */
            health: components["schemas"]["HealthAlertShape"][];
            counters: components["schemas"]["CountersShape"];
            /**
             * Alerts
             * @description The newest first: 50, and the newest 20 flags whatever came since
             */
            alerts: components["schemas"]["AlertShape"][];
        };
        /**
         * TakenOver
         * @description An operator on watch takes over from one who leaves.
         */
        TakenOver: {
            /**
             * Operator
             * @description Who takes over; must be on watch
             */
            operator: string;
            /**
             * Leaving
             * @description Who offered the hand-over
             */
            leaving: string;
        };
        /**
         * UnitStepShape
         * @description How far one unit that took the incident has come.
         */
        UnitStepShape: {
            /**
             * Unit
             * @description Its call sign
             */
            unit: string;
            /**
             * State
             * @description accepted, en_route, on_scene, cleared, recalled
             */
            state: string;
            /**
             * At
             * Format: date-time
             * @description Since when
             */
            at: string;
        };
        /** ValidationError */
        ValidationError: {
            /** Location */
            loc: (string | number)[];
            /** Message */
            msg: string;
            /** Error Type */
            type: string;
            /** Input */
            input?: unknown;
            /** Context */
            ctx?: Record<string, never>;
        };
        /**
         * Verdict
         * @description An operator's judgement of a machine alert.
         * @enum {string}
         */
        Verdict: "accepted" | "dismissed";
        /**
         * VoiceStored
         * @description A voice note is durable in the room under its hash, and announced to the relay.
         */
        VoiceStored: {
            /** Alert Id */
            alert_id: string;
            /** Sha256 */
            sha256: string;
            /** Size Bytes */
            size_bytes: number;
            /** Duration Ms */
            duration_ms: number;
            /**
             * Stored At
             * Format: date-time
             */
            stored_at: string;
        };
        /**
         * WallCameraShape
         * @description What a page must know of a camera and what changes only with the settings.
         */
        WallCameraShape: {
            /** Name */
            name: string;
            /** Title */
            title: string;
            /**
             * Has Place
             * @description A flag on it knows where it is
             */
            has_place: boolean;
            /** Zones */
            zones: components["schemas"]["OutlineShape"][];
            /** Lines */
            lines: components["schemas"]["OutlineShape"][];
        };
        /**
         * WallSetShape
         * @description One page of the wall: cameras that are watched together, at most nine.
         */
        WallSetShape: {
            /** Name */
            name: string;
            /**
             * Title
             * @description What people call the set; its later pages carry the number
             */
            title: string;
            /**
             * Cameras
             * @description At most nine, in the order of the keypad: 7 8 9, 4 5 6, 1 2 3
             */
            cameras: string[];
            /**
             * Dwell S
             * @description Seconds that a tour shows each
             */
            dwell_s: number;
        };
        /**
         * WallShape
         * @description What the room's pages show, as the settings say.
         */
        WallShape: {
            /** Room */
            room: string;
            /** Time Zone */
            time_zone: string;
            /** Language */
            language: string;
            /**
             * Kinds
             * @description Categories on the digits 1 to 8 after a flag
             */
            kinds: string[];
            /** Cameras */
            cameras: components["schemas"]["WallCameraShape"][];
            /**
             * Sets
             * @description All cameras in groups of nine where the settings name none
             */
            sets: components["schemas"]["WallSetShape"][];
        };
        /**
         * WatchShape
         * @description The watch of the room now.
         */
        WatchShape: {
            /** On Watch */
            on_watch: components["schemas"]["ShiftShape"][];
            /** Sets */
            sets: components["schemas"]["CameraSetShape"][];
            /** Rounds */
            rounds: components["schemas"]["RoundShape"][];
            /** Open Matters */
            open_matters: components["schemas"]["MatterShape"][];
            /**
             * Log
             * @description The newest first, at most 50
             */
            log: components["schemas"]["ShiftLineShape"][];
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
