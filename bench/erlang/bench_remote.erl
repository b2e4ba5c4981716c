%% The remote cases: for each, what the waiting node does and what the calling one does.
%%
%% The waiting node has a process with the name of this module. The caller sends it `{start, ...}`
%% with all it needs to know, so that a round of the waiting side has nothing to do but to wait for
%% its end. Objects are records: of all that Erlang has, what is the smallest and fastest on the way.
-module(bench_remote).
-export([wait/1, one_way/1, ping_pong/1, binaries/1, many/1]).
-export([notices_when_killed/1, notices_when_closed/1, global_names/1, groups/1]).

-record(item, {id, name, price, tags, active, note}).

-define(SENDERS, 100).
-define(PATIENCE, 20000).

%%% The waiting node.

wait([]) ->
    Controller = self(),
    {ok, _} = pg:start_link(),
    %% Long queues belong off the heap, says the documentation.
    Serve = fun() -> register(?MODULE, self()), Controller ! waiting, serve(Controller) end,
    spawn_opt(Serve, [link, {message_queue_data, off_heap}]),
    receive waiting -> ok end,
    fun(_Count) -> receive served -> [] end end.

serve(Controller) ->
    receive
        {start, What, Count, Caller} ->
            serve(What, Count, Caller),
            Controller ! served,
            serve(Controller)
    end.

serve(one_way, Count, Caller) ->
    Caller ! {to, self()},
    take_items(0, Count),
    Caller ! received;
serve(ping_pong, Count, Caller) ->
    Caller ! {to, self()},
    echo(Count, Caller);
serve({binaries, Size}, Count, Caller) ->
    Caller ! {to, self()},
    take_binaries(Size, Count),
    Caller ! received;
serve(many, Count, Caller) ->
    Each = Count div ?SENDERS,
    Take = fun() -> take_items(0, Each) end,
    Started = [spawn_opt(Take, [monitor, {message_queue_data, off_heap}])
               || _ <- lists:seq(1, ?SENDERS)],
    Caller ! {to, [Pid || {Pid, _} <- Started]},
    [receive {'DOWN', Ref, process, Pid, normal} -> ok end || {Pid, Ref} <- Started],
    Caller ! received;
serve(processes, Count, Caller) ->
    Caller ! {processes, [spawn(fun idle/0) || _ <- lists:seq(1, Count)]},
    receive
        {close, Pids} -> [Pid ! close || Pid <- Pids]
    end;
serve(global_names, Count, Caller) ->
    Named = named(Count),
    Caller ! prepared,
    receive register -> [yes = global:register_name(Name, Pid) || {Name, Pid} <- Named] end,
    Caller ! registered,
    receive unregister -> [global:unregister_name(Name) || {Name, _} <- Named] end,
    leave(Named, Caller);
serve(groups, Count, Caller) ->
    Named = named(Count),
    Caller ! prepared,
    receive register -> [ok = pg:join(Group, Pid) || {Group, Pid} <- Named] end,
    receive unregister -> [ok = pg:leave(Group, Pid) || {Group, Pid} <- Named] end,
    leave(Named, Caller).

named(Count) -> [{Name, spawn(fun idle/0)} || Name <- lists:seq(1, Count)].

leave(Named, Caller) ->
    [Pid ! close || {_, Pid} <- Named],
    Caller ! unregistered.

take_items(Count, Count) -> ok;
take_items(Index, Count) ->
    receive #item{id = Id} when Id =:= Index rem 1024 -> take_items(Index + 1, Count) end.

take_binaries(_, 0) -> ok;
take_binaries(Size, Left) ->
    receive Binary when byte_size(Binary) =:= Size -> take_binaries(Size, Left - 1) end.

echo(0, _) -> ok;
echo(Left, Caller) ->
    receive #item{} = Item -> Caller ! Item end,
    echo(Left - 1, Caller).

idle() ->
    receive close -> ok end.

%%% The calling node. The port of the other is the argument.

one_way([Port]) ->
    Node = connect(Port),
    Items = items(),
    fun(Count) ->
        Run = fun() ->
            To = start(Node, one_way, Count),
            send_items(To, Items, 0, Count),
            receive received -> ok end
        end,
        [{seconds, bench:seconds(Run)}]
    end.

send_items(_, _, Count, Count) -> ok;
send_items(To, Items, Index, Count) ->
    To ! element(Index rem 1024 + 1, Items),
    send_items(To, Items, Index + 1, Count).

ping_pong([Port]) ->
    Node = connect(Port),
    Items = items(),
    fun(Count) ->
        To = start(Node, ping_pong, Count),
        Started = erlang:monotonic_time(),
        Times = volley(To, Items, Count, Started, []),
        Took = erlang:convert_time_unit(lists:sum(Times), native, nanosecond),
        [{seconds, Took / 1.0e9} | bench:percentiles(Times)]
    end.

volley(_, _, 0, _, Times) -> Times;
volley(To, Items, Left, Before, Times) ->
    To ! element(Left rem 1024 + 1, Items),
    receive #item{} -> ok end,
    Now = erlang:monotonic_time(),
    volley(To, Items, Left - 1, Now, [Now - Before | Times]).

%% So many MB of them.
binaries([Port, Size]) ->
    Node = connect(Port),
    Binary = binary:copy(<<"0123456789abcdef">>, Size div 16),
    fun(Megabytes) ->
        Count = Megabytes * 1000000 div Size,
        Run = fun() ->
            To = start(Node, {binaries, Size}, Count),
            [To ! Binary || _ <- lists:seq(1, Count)],
            receive received -> ok end
        end,
        [{seconds, bench:seconds(Run)}]
    end.

many([Port]) ->
    Node = connect(Port),
    Items = items(),
    fun(Count) ->
        Run = fun() ->
            Each = Count div ?SENDERS,
            [spawn(fun() -> send_items(To, Items, 0, Each) end) || To <- start(Node, many, Count)],
            receive received -> ok end
        end,
        [{seconds, bench:seconds(Run)}]
    end.

%% The other node is killed by whoever reads "watching", who knows when that was.
notices_when_killed([Port]) ->
    fun(Count) ->
        Pids = processes(connect(Port), Count),
        io:put_chars("watching\n"),
        all_down(Pids, noconnection),
        []
    end.

notices_when_closed([Port]) ->
    Node = connect(Port),
    fun(Count) ->
        Pids = processes(Node, Count),
        Run = fun() ->
            {?MODULE, Node} ! {close, Pids},
            all_down(Pids, normal)
        end,
        [{seconds, bench:seconds(Run)}]
    end.

%% Processes of the other node, all watched there.
processes(Node, Count) ->
    {?MODULE, Node} ! {start, processes, Count, self()},
    receive
        {processes, Pids} ->
            [monitor(process, Pid) || Pid <- Pids],
            %% The answer comes behind all that was sent for the monitors.
            true = lists:member(?MODULE, erpc:call(Node, erlang, registered, [])),
            Pids
    end.

all_down(Pids, Reason) ->
    [receive {'DOWN', _, process, _, Reason} -> ok end || _ <- Pids].

global_names([Port]) ->
    Node = connect(Port),
    %% Both know each other's names before there are any.
    ok = global:sync(),
    fun(Count) ->
        {?MODULE, Node} ! {start, global_names, Count, self()},
        receive prepared -> ok end,
        Run = fun() ->
            {?MODULE, Node} ! register,
            receive registered -> ok end,
            [true = is_pid(global:whereis_name(Name)) || Name <- lists:seq(1, Count)]
        end,
        Seconds = bench:seconds(Run),
        {?MODULE, Node} ! unregister,
        receive unregistered -> [{seconds, Seconds}] end
    end.

groups([Port]) ->
    {ok, _} = pg:start_link(),
    Node = connect(Port),
    {Watch, _} = pg:monitor_scope(),
    fun(Count) ->
        {?MODULE, Node} ! {start, groups, Count, self()},
        receive prepared -> ok end,
        Run = fun() ->
            {?MODULE, Node} ! register,
            [receive {Watch, join, Group, [_]} -> ok end || Group <- lists:seq(1, Count)]
        end,
        Seconds = bench:seconds(Run),
        {?MODULE, Node} ! unregister,
        receive unregistered -> ok end,
        [receive {Watch, leave, Group, [_]} -> ok end || Group <- lists:seq(1, Count)],
        [{seconds, Seconds}]
    end.

%%% For both.

start(Node, What, Count) ->
    {?MODULE, Node} ! {start, What, Count, self()},
    receive {to, To} -> To end.

connect(Port) ->
    Node = list_to_atom(lists:concat(["n", Port, "@localhost"])),
    connect(Node, erlang:monotonic_time(millisecond) + ?PATIENCE).

connect(Node, Until) ->
    case net_kernel:connect_node(Node) of
        true -> Node;
        false ->
            erlang:monotonic_time(millisecond) < Until orelse error({no_connection, Node}),
            timer:sleep(50),
            connect(Node, Until)
    end.

%% The same as the other contestants send.
items() -> list_to_tuple([item(Id) || Id <- lists:seq(0, 1023)]).

item(Id) ->
    #item{
        id = Id,
        name = iolist_to_binary(["article ", integer_to_list(100000 + Id)]),
        price = 9.95 + Id * 3,
        tags = [
            element(Id rem 3 + 1, {<<"tools">>, <<"garden">>, <<"kitchen">>}),
            element(Id rem 3 + 1, {<<"new">>, <<"reduced">>, <<"heavy">>})
        ],
        active = Id rem 3 =/= 0,
        note = <<"ships in three days, if it is in stock">>
    }.
