"""Rare things a campaign must have seen: a mark that is never hit is a hole in the world, and fails the nightly run."""

MARKS = (
    "accepted_after_timeout",
    "answered_after_row",
    "boot_unknown",
    "cancel_met_fill",
    "change_met_fill",
    "claimed",
    "crash_before_append",
    "crash_before_sync",
    "crash_after_sync",
    "crash_before_request",
    "crash_after_request",
    "crash_in_flight",
    "declined",
    "denied",
    "disk_full_for_minutes",
    "disowned",
    "exit_sent",
    "flags_set",
    "foreign_adopted",
    "halt_reset",
    "halt_survived_crash",
    "halted",
    "halted_by_feed",
    "halted_by_pilot_loss",
    "halted_by_record",
    "leave_asked",
    "lookalike",
    "phase_active",
    "phase_reduce_only",
    "pilot_switched_on",
    "ran_away",
    "recovered_torn",
    "recovered_whole",
    "second_instance_refused",
    "spread_begun",
    "stop_placed",
    "stop_triggered",
    "traded_to_the_end",
    "token_lost_with_stop_resting",
    "unknown_resolved_by_quarantine",
    "unknown_resolved_by_tag",
    "wanted_far_leg",
    "wanted_late_mis",
    "wanted_untradable",
    "zombie_fill",
)


class Marks:
    def __init__(self) -> None:
        self.hits = dict.fromkeys(MARKS, 0)

    def hit(self, name: str) -> None:
        self.hits[name] += 1
