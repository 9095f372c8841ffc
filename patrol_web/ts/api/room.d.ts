// Made by `python -m tests.support.api_types` from the OpenAPI of the room; do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AbandonedObjectSettings
         * @description Something was put down in the zone, and its owner has been away for longer than ``unattended_s``.
         */
        AbandonedObjectSettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "backpack",
             *       "handbag",
             *       "suitcase",
             *       "still_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /** Zone */
            zone?: string | null;
            /**
             * Zones
             * @default []
             */
            zones: string[];
            /**
             * Leave Margin
             * @default 0.01
             */
            leave_margin: number;
            /**
             * Stages
             * @default []
             */
            stages: components["schemas"]["StageSettings"][];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "abandoned_object";
            /**
             * Owner Labels
             * @default [
             *       "person",
             *       "moving_object"
             *     ]
             */
            owner_labels: string[];
            /**
             * Unattended S
             * @default 60
             */
            unattended_s: number;
            /**
             * Reach
             * @default 1.5
             */
            reach: number;
            /**
             * Needs Owner
             * @default true
             */
            needs_owner: boolean;
            /**
             * Fixtures
             * @default []
             */
            fixtures: string[];
            /**
             * Category
             * @default abandoned_object
             */
            category: string;
        };
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
             * Place
             * @description Longitude and latitude it goes to the relay with; null: unknown here, the relay decides
             */
            place?: [
                number,
                number
            ] | null;
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
         * AreaOutline
         * @description One area of the city.
         */
        AreaOutline: {
            /** Area Id */
            area_id: string;
            /** Name */
            name: string;
            /** Name En */
            name_en: string;
            /**
             * Rings
             * @description Outer rings and holes, longitude first; filled by the even-odd rule
             */
            rings: [
                number,
                number
            ][][];
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
             * @description null: no rounds are asked for, or none was made and nobody watches
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
         * CheckedShape
         * @description Whether a draft can be saved.
         */
        CheckedShape: {
            /** Problems */
            problems: components["schemas"]["ProblemShape"][];
            /**
             * Masks Removed
             * @description Masks of now that would be gone or changed; save wants this number
             */
            masks_removed: number;
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
         * CrowdSettings
         * @description At least ``count`` tracks are in the zone for ``hold_s``, as densely as ``density``.
         */
        CrowdSettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "person",
             *       "moving_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /** Zone */
            zone?: string | null;
            /**
             * Zones
             * @default []
             */
            zones: string[];
            /**
             * Leave Margin
             * @default 0.01
             */
            leave_margin: number;
            /**
             * Stages
             * @default []
             */
            stages: components["schemas"]["StageSettings"][];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "crowd";
            /**
             * Count
             * @default 5
             */
            count: number;
            /**
             * Density
             * @default 0
             */
            density: number;
            /**
             * Hold S
             * @default 3
             */
            hold_s: number;
            /**
             * Grace S
             * @default 2
             */
            grace_s: number;
            /**
             * Category
             * @default crowd
             */
            category: string;
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
             * @description Seconds of video kept for look-back and clips: of the camera with least
             */
            ring_s: number;
        };
        /**
         * DraftAsked
         * @description A drawing that is not saved.
         */
        DraftAsked: {
            /**
             * Drawing
             * @description zone, line, mask, rule as in [[camera]] of the room's file, the whole of them
             */
            drawing: {
                [key: string]: unknown;
            };
        };
        /**
         * DrawingRestored
         * @description An earlier version is to be in force again.
         */
        DrawingRestored: {
            /** Version */
            version: number;
            /** On Version */
            on_version: number;
            /** Reason */
            reason: string;
            /**
             * Confirmed Masks
             * @default 0
             */
            confirmed_masks: number;
        };
        /**
         * DrawingSaved
         * @description A draft is to be in force.
         */
        DrawingSaved: {
            /**
             * Drawing
             * @description zone, line, mask, rule as in [[camera]] of the room's file, the whole of them
             */
            drawing: {
                [key: string]: unknown;
            };
            /**
             * On Version
             * @description The version it was drawn on; another one refuses it
             */
            on_version: number;
            /** Reason */
            reason: string;
            /**
             * Confirmed Masks
             * @default 0
             */
            confirmed_masks: number;
        };
        /**
         * DrawingSettings
         * @description ``zone``, ``line``, ``mask`` and ``rule`` of one ``[[camera]]``.
         */
        DrawingSettings: {
            /**
             * Zone
             * @default []
             */
            zone: components["schemas"]["ZoneSettings"][];
            /**
             * Line
             * @default []
             */
            line: components["schemas"]["LineSettings"][];
            /**
             * Mask
             * @default []
             */
            mask: components["schemas"]["MaskSettings"][];
            /**
             * Rule
             * @default []
             */
            rule: (components["schemas"]["IntrusionSettings"] | components["schemas"]["LineCrossingSettings"] | components["schemas"]["LoiteringSettings"] | components["schemas"]["CrowdSettings"] | components["schemas"]["WrongWaySettings"] | components["schemas"]["StoppedVehicleSettings"] | components["schemas"]["AbandonedObjectSettings"])[];
        };
        /**
         * DrawingSummary
         * @description One camera in the list.
         */
        DrawingSummary: {
            /** Camera */
            camera: string;
            /** Title */
            title: string;
            /**
             * Version
             * @description 0: as the room's file says, and never changed
             */
            version: number;
            /** Author */
            author: string;
            /** Changed At */
            changed_at: string | null;
            /** File Changed */
            file_changed: boolean;
            /** Zones */
            zones: number;
            /** Lines */
            lines: number;
            /** Masks */
            masks: number;
            /** Rules */
            rules: number;
        };
        /**
         * DrawnShape
         * @description What is drawn on one camera's picture, and how it came about.
         */
        DrawnShape: {
            /** Camera */
            camera: string;
            /** Title */
            title: string;
            /** Version */
            version: number;
            /** @description In force now */
            drawing: components["schemas"]["DrawingSettings"];
            /**
             * File Changed
             * @description The room's file says something else of it than when this was drawn; only its new masks act
             */
            file_changed: boolean;
            /**
             * Labels
             * @description What a rule can name here: labels of rules and those of the analysis
             */
            labels: string[];
            /**
             * History
             * @description The newest first, at most 50
             */
            history: components["schemas"]["DrawnVersionShape"][];
        };
        /**
         * DrawnVersionShape
         * @description One line of a camera's list of changes.
         */
        DrawnVersionShape: {
            /** Version */
            version: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Author */
            author: string;
            /** Reason */
            reason: string;
            /**
             * Act
             * @description saved, restored
             */
            act: string;
            /**
             * Restored
             * @description Which version was brought back; 0 is the room's file
             */
            restored: number | null;
            /** Masks Removed */
            masks_removed: number;
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
        /**
         * Forward
         * @description Who is asked first about a machine alert.
         * @enum {string}
         */
        Forward: "suggest" | "direct";
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
         * IntrusionSettings
         * @description Something of the labels stands in the zone.
         */
        IntrusionSettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "person",
             *       "moving_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /** Zone */
            zone?: string | null;
            /**
             * Zones
             * @default []
             */
            zones: string[];
            /**
             * Leave Margin
             * @default 0.01
             */
            leave_margin: number;
            /**
             * Stages
             * @default []
             */
            stages: components["schemas"]["StageSettings"][];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "intrusion";
            /**
             * Category
             * @default intrusion
             */
            category: string;
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
         * LineCrossingSettings
         * @description Something of the labels crosses the line in the direction.
         */
        LineCrossingSettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "person",
             *       "moving_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "line_crossing";
            /** Line */
            line: string;
            /**
             * Direction
             * @default both
             * @enum {string}
             */
            direction: "left_to_right" | "right_to_left" | "both";
            /**
             * Beyond
             * @default 0.005
             */
            beyond: number;
            /**
             * Debounce S
             * @default 0
             */
            debounce_s: number;
            /**
             * Category
             * @default line_crossing
             */
            category: string;
        };
        /**
         * LineSettings
         * @description ``[[camera.line]]``: a directed line of the picture, from its first point to its second.
         */
        LineSettings: {
            /** Name */
            name: string;
            /** Points */
            points: [
                number,
                number
            ][];
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
         * LoiteringSettings
         * @description One track stays in the zone for longer than ``dwell_s``.
         */
        LoiteringSettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "person",
             *       "moving_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /** Zone */
            zone?: string | null;
            /**
             * Zones
             * @default []
             */
            zones: string[];
            /**
             * Leave Margin
             * @default 0.01
             */
            leave_margin: number;
            /**
             * Stages
             * @default []
             */
            stages: components["schemas"]["StageSettings"][];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "loitering";
            /**
             * Dwell S
             * @default 20
             */
            dwell_s: number;
            /**
             * Grace S
             * @default 2
             */
            grace_s: number;
            /**
             * Category
             * @default loitering
             */
            category: string;
        };
        /**
         * MapPlace
         * @description Something whose place is known.
         */
        MapPlace: {
            /** Name */
            name: string;
            /** Title */
            title: string;
            /** Place */
            place: [
                number,
                number
            ];
        };
        /**
         * MapShape
         * @description What a place is pointed on.
         */
        MapShape: {
            /**
             * Areas
             * @description Empty when the room has no map_file
             */
            areas: components["schemas"]["AreaOutline"][];
            /**
             * Room
             * @description Place of the room itself
             */
            room: [
                number,
                number
            ] | null;
            /**
             * Cameras
             * @description Cameras that have a place
             */
            cameras: components["schemas"]["MapPlace"][];
        };
        /**
         * MaskSettings
         * @description ``[[camera.mask]]``: a privacy mask, burnt in before a frame leaves memory.
         */
        MaskSettings: {
            /** Polygon */
            polygon: [
                number,
                number
            ][];
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
         * PastShape
         * @description The compressed past of all cameras, for the beginnings of clips.
         */
        PastShape: {
            /** Memory Bytes */
            memory_bytes: number;
            /**
             * Disk Bytes
             * @description Sealed, without a name, gone with the program
             */
            disk_bytes: number;
            /**
             * Reason
             * @description Why the disk takes nothing of it now, or is slow; empty while all is well
             */
            reason: string;
            /**
             * Kept In Memory
             * @description Groups of pictures that the disk did not take, since the start: disk_full, read_only, unwritable, too_slow, queue_full
             */
            kept_in_memory: {
                [key: string]: number;
            };
        };
        /**
         * PlacePointed
         * @description The operator points where a flag is; the last place holds.
         */
        PlacePointed: {
            /** Operator */
            operator: string;
            place: components["schemas"]["PlaceShape"];
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
         * PreviewAlertShape
         * @description An alert that the draft would have raised since the preview began.
         */
        PreviewAlertShape: {
            /** Rule */
            rule: string;
            /** Label */
            label: string;
            /** Zone */
            zone: string;
            /** Severity */
            severity: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Box */
            box: [
                number,
                number,
                number,
                number
            ];
        };
        /**
         * PreviewBegun
         * @description A draft judges the live tracks from now on; one that nobody looks at is forgotten after half a minute.
         */
        PreviewBegun: {
            /**
             * Preview Id
             * @description null: the draft has problems
             */
            preview_id: string | null;
            /** Problems */
            problems: components["schemas"]["ProblemShape"][];
        };
        /**
         * PreviewShape
         * @description How a draft stands.
         */
        PreviewShape: {
            /**
             * At
             * @description Of the newest picture analysed; null while there is none
             */
            at: string | null;
            /** Age S */
            age_s: number | null;
            /** Things */
            things: components["schemas"]["PreviewThing"][];
            /** Standings */
            standings: components["schemas"]["PreviewStanding"][];
            /** Alerts */
            alerts: components["schemas"]["PreviewAlertShape"][];
            /**
             * Not Looked For
             * @description Rule → labels that nothing looks for yet
             */
            not_looked_for: {
                [key: string]: string[];
            };
            /**
             * No Still
             * @description Rules about what comes to rest, which nothing looks for yet
             */
            no_still: string[];
        };
        /**
         * PreviewStanding
         * @description A rule of the draft holds for something now.
         */
        PreviewStanding: {
            /** Rule */
            rule: string;
            /**
             * Number
             * @description Of the thing; 0 and below: a group, or what came to rest
             */
            number: number;
            /**
             * Is Told
             * @description Whether it would have raised an alert
             */
            is_told: boolean;
            /** For S */
            for_s: number;
        };
        /**
         * PreviewThing
         * @description Something that is followed now.
         */
        PreviewThing: {
            /**
             * Number
             * @description Names it within this session; means nothing beyond it
             */
            number: number;
            /** Label */
            label: string;
            /** Score */
            score: number;
            /**
             * Box
             * @description left, top, right, bottom in shares of the picture
             */
            box: [
                number,
                number,
                number,
                number
            ];
            /** Seen Now */
            seen_now: boolean;
            /**
             * Zones
             * @description Zones of the draft that its feet are in
             */
            zones: string[];
        };
        /**
         * ProblemShape
         * @description What is wrong at one key.
         */
        ProblemShape: {
            /**
             * Path
             * @description As in the file, the first being 0: ["rule", 0, "min_height"]
             */
            path: (string | number)[];
            /**
             * Code
             * @description missing, empty, not_a_choice, unknown_key, not_a_name, too_few, too_many, too_small, too_big, not_a_number, schedule, given_twice, unknown_zone, unknown_line, no_zone, no_area, no_length, nothing_fits, stages, labels, too_large, unusable
             */
            code: string;
            /**
             * Text
             * @description The same in English, as patrol check says it
             */
            text: string;
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
         * SavedShape
         * @description What became of a save: the problems, or how the camera stands now.
         */
        SavedShape: {
            /** Problems */
            problems: components["schemas"]["ProblemShape"][];
            drawn: components["schemas"]["DrawnShape"] | null;
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
         * StageSettings
         * @description An entry of ``stages``: an alert that has lasted so long is raised once more, graver.
         */
        StageSettings: {
            /** After S */
            after_s: number;
            severity: components["schemas"]["Severity"];
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
            past: components["schemas"]["PastShape"];
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
            /**
             * Drawings
             * @description Grows when zones or lines change: read GET /api/v1/wall again then
             * @default 0
             */
            drawings: number;
        };
        /**
         * StoppedVehicleSettings
         * @description Something of the labels came and stands in the zone for longer than ``stop_s``, and not in a queue.
         */
        StoppedVehicleSettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "car",
             *       "truck",
             *       "bus",
             *       "motorcycle",
             *       "moving_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /** Zone */
            zone?: string | null;
            /**
             * Zones
             * @default []
             */
            zones: string[];
            /**
             * Leave Margin
             * @default 0.01
             */
            leave_margin: number;
            /**
             * Stages
             * @default []
             */
            stages: components["schemas"]["StageSettings"][];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "stopped_vehicle";
            /**
             * Stop S
             * @default 30
             */
            stop_s: number;
            /**
             * Grace S
             * @default 5
             */
            grace_s: number;
            /**
             * Queue
             * @default 2
             */
            queue: number;
            /**
             * Category
             * @default stopped_vehicle
             */
            category: string;
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
         * TechnicianShape
         * @description Who is signed on in this tab.
         */
        TechnicianShape: {
            /** Name */
            name: string | null;
            /**
             * Has Technicians
             * @description Whether anybody may change anything here: console.technicians_file
             */
            has_technicians: boolean;
        };
        /**
         * TechnicianSignOn
         * @description A technician shows who they are.
         */
        TechnicianSignOn: {
            /** Name */
            name: string;
            /** Pin */
            pin: string;
        };
        /**
         * TechnicianSignedOn
         * @description The token goes into the header X-Technician of every act; it holds for half an hour after the last one.
         */
        TechnicianSignedOn: {
            /** Name */
            name: string;
            /** Token */
            token: string;
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
        /**
         * WhatIfAlertShape
         * @description An alert that one side tells.
         */
        WhatIfAlertShape: {
            /** Rule */
            rule: string;
            /** Label */
            label: string;
            /** Zone */
            zone: string;
            /** Severity */
            severity: string;
            /** Stage */
            stage: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Ended At
             * Format: date-time
             */
            ended_at: string;
            /** Box */
            box: [
                number,
                number,
                number,
                number
            ] | null;
            /** Still Told By */
            still_told_by: string[];
        };
        /**
         * WhatIfResultShape
         * @description What the last hour tells under both.
         */
        WhatIfResultShape: {
            /** Pictures */
            pictures: number;
            /**
             * Seen S
             * @description Seconds that were kept of the hour, holes left out
             */
            seen_s: number;
            /** Since */
            since: string | null;
            /** Until */
            until: string | null;
            /** Rules */
            rules: components["schemas"]["WhatIfRuleShape"][];
            /** Before */
            before: components["schemas"]["WhatIfAlertShape"][];
            /** After */
            after: components["schemas"]["WhatIfAlertShape"][];
            /** Not Looked For */
            not_looked_for: {
                [key: string]: string[];
            };
            /** No Still */
            no_still: string[];
            /** Is Cut */
            is_cut: boolean;
        };
        /**
         * WhatIfRuleShape
         * @description One rule before and after.
         */
        WhatIfRuleShape: {
            /** Rule */
            rule: string;
            /** @description null: the rule is new */
            before: components["schemas"]["WhatIfSideShape"] | null;
            /** @description null: the rule is gone */
            after: components["schemas"]["WhatIfSideShape"] | null;
            /** Gone */
            gone: components["schemas"]["WhatIfAlertShape"][];
            /** New */
            new: components["schemas"]["WhatIfAlertShape"][];
        };
        /**
         * WhatIfShape
         * @description How a comparison stands.
         */
        WhatIfShape: {
            /**
             * Run Id
             * @description null: the draft has problems
             */
            run_id: string | null;
            /**
             * State
             * @description running, done, cancelled, failed
             */
            state: string;
            /**
             * Share
             * @description 0-1
             */
            share: number;
            /** Fault */
            fault: string;
            /** Problems */
            problems: components["schemas"]["ProblemShape"][];
            result: components["schemas"]["WhatIfResultShape"] | null;
        };
        /**
         * WhatIfSideShape
         * @description One rule on one side.
         */
        WhatIfSideShape: {
            /** Alerts */
            alerts: number;
            /**
             * Per Day
             * @description At the rate of the time compared; null when it was never armed in it
             */
            per_day: number | null;
        };
        /**
         * WrongWaySettings
         * @description Something of the labels travels against the way that is drawn for the zone.
         */
        WrongWaySettings: {
            /** Name */
            name: string;
            /**
             * Labels
             * @default [
             *       "car",
             *       "truck",
             *       "bus",
             *       "motorcycle",
             *       "moving_object"
             *     ]
             */
            labels: string[];
            /** @default normal */
            severity: components["schemas"]["Severity"];
            /** @default suggest */
            forward: components["schemas"]["Forward"];
            /**
             * Schedule
             * @default []
             */
            schedule: string[];
            /**
             * Min Height
             * @default 0
             */
            min_height: number;
            /**
             * Max Height
             * @default 1
             */
            max_height: number;
            /**
             * Min Area
             * @default 0
             */
            min_area: number;
            /**
             * Max Area
             * @default 1
             */
            max_area: number;
            /**
             * Min Frames
             * @default 3
             */
            min_frames: number;
            /**
             * Linger S
             * @default 1
             */
            linger_s: number;
            /**
             * Cool Down S
             * @default 30
             */
            cool_down_s: number;
            /** Zone */
            zone?: string | null;
            /**
             * Zones
             * @default []
             */
            zones: string[];
            /**
             * Leave Margin
             * @default 0.01
             */
            leave_margin: number;
            /**
             * Stages
             * @default []
             */
            stages: components["schemas"]["StageSettings"][];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "wrong_way";
            /** Way */
            way: [
                number,
                number
            ][];
            /**
             * Distance
             * @default 2
             */
            distance: number;
            /**
             * Tolerance Deg
             * @default 60
             */
            tolerance_deg: number;
            /**
             * Speed
             * @default 0.3
             */
            speed: number;
            /**
             * Category
             * @default wrong_way
             */
            category: string;
        };
        /**
         * ZoneSettings
         * @description ``[[camera.zone]]``: a polygon of the picture that rules refer to.
         */
        ZoneSettings: {
            /** Name */
            name: string;
            /** Polygon */
            polygon: [
                number,
                number
            ][];
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
