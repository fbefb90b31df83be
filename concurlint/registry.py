"""Every rule and every verdict, one line each, in code order."""

from difflib import get_close_matches

from concurlint.checks import (
    asyncio_timer_poll,
    awaits_one_by_one,
    blocking_call_in_async,
    borrowed_iterator_shared,
    call_instead_of_callable,
    cancellation_swallowed,
    check_then_act_unlocked,
    command_string_without_shell,
    condition_wait_without_loop,
    coroutine_not_awaited,
    cpu_bound_work_in_threads,
    cpu_loop_in_async,
    disk_io_in_async,
    executor_error_lost,
    executor_never_shut_down,
    executor_waits_on_itself,
    exit_status_ignored,
    extension_may_enable_gil,
    external_command_without_timeout,
    fork_with_live_threads,
    global_written_in_worker_process,
    inconsistently_locked,
    iterated_while_written,
    joined_under_its_lock,
    list_with_shell,
    lock_held_across_await,
    lock_inherited_through_fork,
    lock_made_per_use,
    lock_not_released_on_error,
    lock_order_inversion,
    lock_taken_twice,
    loop_inside_loop,
    loop_touched_from_thread,
    loop_variable_captured,
    needless_shell,
    pipe_never_drained,
    pool_never_closed,
    preexec_fn_with_threads,
    process_joined_before_queue_drained,
    process_outside_main_guard,
    process_state_changed_in_thread,
    random_state_repeated_in_workers,
    relies_on_gil,
    run_instead_of_start,
    shared_write_unlocked,
    shell_string_command,
    start_method_set_at_import,
    state_torn_across_await,
    task_not_kept,
    thread_bound_object_shared,
    thread_per_item_unbounded,
    thread_without_target,
    threads_managed_by_hand,
    tiny_tasks_for_processes,
    unpicklable_work_for_process,
    unreadable_file,
    unused_suppression,
    waiting_under_lock,
    waiting_work_in_processes,
)
from concurlint.effects.program import Program
from concurlint.rule import Entry, Rule
from concurlint.verdicts import (
    computing_on_one_core,
    event_loop_stalled,
    gil_bound_threads,
    gil_convoy,
    gil_held_while_blocked,
    lock_contended,
    machine_is_the_limit,
    nothing_to_gain,
    numbers_looped,
    threads_already_right,
    waiting_for_children,
    waiting_one_by_one,
    workers_unbalanced,
)
from concurlint.verdicts.judgement import Judgement

RULES: tuple[Rule[Program], ...] = (
    unreadable_file.rule,
    unused_suppression.rule,
    process_outside_main_guard.rule,
    unpicklable_work_for_process.rule,
    global_written_in_worker_process.rule,
    fork_with_live_threads.rule,
    process_joined_before_queue_drained.rule,
    random_state_repeated_in_workers.rule,
    waiting_work_in_processes.rule,
    pool_never_closed.rule,
    tiny_tasks_for_processes.rule,
    start_method_set_at_import.rule,
    lock_inherited_through_fork.rule,
    cpu_bound_work_in_threads.rule,
    call_instead_of_callable.rule,
    executor_error_lost.rule,
    executor_waits_on_itself.rule,
    thread_per_item_unbounded.rule,
    executor_never_shut_down.rule,
    thread_without_target.rule,
    loop_variable_captured.rule,
    run_instead_of_start.rule,
    shared_write_unlocked.rule,
    inconsistently_locked.rule,
    check_then_act_unlocked.rule,
    lock_made_per_use.rule,
    lock_order_inversion.rule,
    lock_taken_twice.rule,
    lock_not_released_on_error.rule,
    condition_wait_without_loop.rule,
    waiting_under_lock.rule,
    process_state_changed_in_thread.rule,
    thread_bound_object_shared.rule,
    iterated_while_written.rule,
    joined_under_its_lock.rule,
    shell_string_command.rule,
    needless_shell.rule,
    list_with_shell.rule,
    command_string_without_shell.rule,
    pipe_never_drained.rule,
    exit_status_ignored.rule,
    preexec_fn_with_threads.rule,
    external_command_without_timeout.rule,
    blocking_call_in_async.rule,
    cpu_loop_in_async.rule,
    task_not_kept.rule,
    coroutine_not_awaited.rule,
    lock_held_across_await.rule,
    loop_touched_from_thread.rule,
    loop_inside_loop.rule,
    state_torn_across_await.rule,
    awaits_one_by_one.rule,
    cancellation_swallowed.rule,
    asyncio_timer_poll.rule,
    disk_io_in_async.rule,
    threads_managed_by_hand.rule,
    relies_on_gil.rule,
    borrowed_iterator_shared.rule,
    extension_may_enable_gil.rule,
)

VERDICTS: tuple[Judgement, ...] = (
    nothing_to_gain.rule,
    gil_bound_threads.rule,
    waiting_one_by_one.rule,
    computing_on_one_core.rule,
    numbers_looped.rule,
    waiting_for_children.rule,
    lock_contended.rule,
    gil_convoy.rule,
    gil_held_while_blocked.rule,
    event_loop_stalled.rule,
    workers_unbalanced.rule,
    machine_is_the_limit.rule,
    threads_already_right.rule,
)

CATALOGUE: tuple[Entry, ...] = (*RULES, *VERDICTS)
"""What has a page: rules put to the program, and those put to a measured run."""


def find_rule(code_or_name: str) -> Entry | None:
    """The rule of that code (any case) or name, None if there is none."""
    for rule in CATALOGUE:
        if code_or_name.upper() == rule.code or code_or_name == rule.name:
            return rule
    return None


def nearest_rule(text: str) -> str:
    """The code or name most like `text`, `""` if nothing is."""
    words = [word for rule in CATALOGUE for word in (rule.code, rule.name)]
    found = get_close_matches(text if text.islower() else text.upper(), words, n=1, cutoff=0.5)
    return found[0] if found else ""
