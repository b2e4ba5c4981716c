%% The node of one role: does what it is told on standard input, a line for each round, and says on
%% standard output what came of it.
%%
%%   erl ... -s bench main MODULE FUNCTION [ARGUMENT ...]
%%
%% MODULE:FUNCTION([ARGUMENT]) gets ready and gives a fun that does a round of so many. What it gives
%% in turn is written as "done name=value ...".
-module(bench).
-export([main/1, seconds/1, percentiles/1]).

main([Module, Function | Arguments]) ->
    %% Not in the process of init, which has more to start.
    spawn(fun() -> play(Module, Function, Arguments) end).

play(Module, Function, Arguments) ->
    try
        Round = Module:Function([list_to_integer(atom_to_list(A)) || A <- Arguments]),
        io:put_chars("ready\n"),
        rounds(Round)
    catch
        Class:Reason:Stack ->
            io:format("failed ~0p~n", [{Class, Reason, Stack}]),
            %% Whoever reads that ends this node: a halt could be ahead of the line.
            eof = io:get_line(""),
            halt(1)
    end.

rounds(Round) ->
    case io:get_line("") of
        "round " ++ Count -> done(Round(list_to_integer(string:trim(Count))));
        %% Whoever started this node is gone, or wants it to go.
        eof -> halt(0)
    end,
    rounds(Round).

done(Found) ->
    Values = [io_lib:format(" ~s=~.9g", [Name, float(Value)]) || {Name, Value} <- Found],
    io:put_chars(["done", Values, "\n"]).

%% How long Work takes.
seconds(Work) ->
    Started = erlang:monotonic_time(),
    Work(),
    erlang:convert_time_unit(erlang:monotonic_time() - Started, native, nanosecond) / 1.0e9.

%% Of times in native units, in microseconds.
percentiles(Times) ->
    Sorted = list_to_tuple(lists:sort(Times)),
    At = fun(Share) ->
        Time = element(max(1, ceil(Share * tuple_size(Sorted))), Sorted),
        erlang:convert_time_unit(Time, native, nanosecond) / 1000
    end,
    [{p50, At(0.5)}, {p99, At(0.99)}].
