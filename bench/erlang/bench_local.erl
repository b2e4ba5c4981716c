%% The local cases. Each is written as an Erlang program would be: a process for whatever acts, plain
%% sends and receives between them.
-module(bench_local).
-export([one_way/1, ping_pong/1, select_by_tag/1, select_by_reference/1]).
-export([spawn_exit/1, idle_memory/1, ring/1]).

%% One process sends small messages to another, which takes each and looks at its number. Its queue
%% is off its heap, as the documentation has it for queues that grow long.
one_way([]) ->
    fun(Count) ->
        Run = fun() ->
            {Receiver, Gone} =
                spawn_opt(fun() -> take(0, Count) end, [monitor, {message_queue_data, off_heap}]),
            spawn(fun() -> tick(Receiver, 0, Count) end),
            ended(Gone)
        end,
        [{seconds, bench:seconds(Run)}]
    end.

tick(_, Count, Count) -> ok;
tick(Receiver, Id, Count) ->
    Receiver ! {tick, Id},
    tick(Receiver, Id + 1, Count).

take(Count, Count) -> ok;
take(Id, Count) ->
    receive {tick, Id} -> take(Id + 1, Count) end.

%% Two processes answer each other, one message in flight.
ping_pong([]) ->
    fun(Count) ->
        Run = fun() ->
            {Left, Gone} = spawn_monitor(fun() -> volley_first(Count) end),
            Left ! {right, spawn(fun() -> echo(Count) end)},
            ended(Gone)
        end,
        [{seconds, bench:seconds(Run)}]
    end.

volley_first(Count) ->
    receive {right, Right} -> volley(Right, 0, Count) end.

volley(_, Count, Count) -> ok;
volley(Right, Id, Count) ->
    Right ! {ball, Id, self()},
    receive {ball, Id, Right} -> volley(Right, Id + 1, Count) end.

echo(0) -> ok;
echo(Left) ->
    receive {ball, Id, From} -> From ! {ball, Id, self()} end,
    echo(Left - 1).

%% A process with a backlog that it does not want takes what it does want: by a tag, for which it
%% has to look at all that wait before, or by a reference made just now, for which it need not. A
%% round ends after 300 ms; the clock is looked at once in so many.
-define(ROUND_LIMIT, erlang:convert_time_unit(300, millisecond, native)).
-define(BETWEEN_LOOKS, 16).

select_by_tag([Backlog]) -> selecting(Backlog, fun by_tag/1).
select_by_reference([Backlog]) -> selecting(Backlog, fun by_reference/1).

selecting(Backlog, Select) ->
    Controller = self(),
    Selector = spawn_opt(
        fun() ->
            [self() ! {unwanted, Id} || Id <- lists:seq(1, Backlog)],
            select_rounds(Controller, Select)
        end,
        [link, {message_queue_data, off_heap}]
    ),
    fun(Count) ->
        Selector ! {round, Count},
        receive {selected, Found} -> Found end
    end.

select_rounds(Controller, Select) ->
    receive
        {round, Most} ->
            Started = erlang:monotonic_time(),
            Count = select_until(Select, Started + ?ROUND_LIMIT, 0, Most),
            Took = erlang:convert_time_unit(erlang:monotonic_time() - Started, native, nanosecond),
            Controller ! {selected, [{seconds, Took / 1.0e9}, {count, Count}]},
            select_rounds(Controller, Select)
    end.

select_until(_, _, Most, Most) -> Most;
select_until(Select, Until, Count, Most) ->
    Some = min(?BETWEEN_LOOKS, Most - Count),
    Select(Some),
    case erlang:monotonic_time() < Until of
        true -> select_until(Select, Until, Count + Some, Most);
        false -> Count + Some
    end.

by_tag(0) -> ok;
by_tag(Left) ->
    self() ! {wanted, Left},
    receive {wanted, Left} -> by_tag(Left - 1) end.

by_reference(0) -> ok;
by_reference(Left) ->
    Reference = make_ref(),
    self() ! {Reference, Left},
    receive {Reference, Left} -> by_reference(Left - 1) end.

%% Processes that live for one message. So many are alive at a time.
-define(BURST, 1000).

spawn_exit([]) ->
    fun(Count) -> [{seconds, bench:seconds(fun() -> spawn_bursts(Count) end)}] end.

spawn_bursts(Left) when Left =< 0 -> ok;
spawn_bursts(Left) ->
    Parent = self(),
    Burst = min(Left, ?BURST),
    [spawn(fun() -> live(Parent) end) ! message || _ <- lists:seq(1, Burst)],
    [receive lived -> ok end || _ <- lists:seq(1, Burst)],
    spawn_bursts(Left - Burst).

live(Parent) ->
    receive message -> Parent ! lived end.

%% What a process takes that waits for its first message.
idle_memory([]) ->
    fun(Count) ->
        Before = erlang:memory(processes),
        Idle = [spawn(fun wait/0) || _ <- lists:seq(1, Count)],
        [until_waiting(P) || P <- Idle],
        Bytes = (erlang:memory(processes) - Before) / Count,
        [P ! leave || P <- Idle],
        [{bytes, Bytes}]
    end.

wait() ->
    receive leave -> ok end.

%% It has not run yet when it is made.
until_waiting(Pid) ->
    case process_info(Pid, current_function) of
        {current_function, {?MODULE, wait, 0}} -> ok;
        _ -> erlang:yield(), until_waiting(Pid)
    end.

%% A token goes round a ring of processes.
ring([Size]) ->
    First = spawn_link(fun() -> member_first(Size) end),
    Controller = self(),
    fun(Hops) ->
        Run = fun() ->
            First ! {token, Hops, Controller},
            receive arrived -> ok end
        end,
        [{seconds, bench:seconds(Run)}]
    end.

member_first(Size) ->
    First = self(),
    Join = fun(_, Next) -> spawn_link(fun() -> member(Next) end) end,
    member(lists:foldl(Join, First, lists:seq(2, Size))).

member(Next) ->
    receive
        {token, 0, Controller} -> Controller ! arrived;
        {token, Left, Controller} -> Next ! {token, Left - 1, Controller}
    end,
    member(Next).

ended(Gone) ->
    receive {'DOWN', Gone, process, _, Reason} -> normal = Reason end.
