%% Where nodes listen, without a daemon that would know: a node is called "n" and its port.
-module(bench_epmd).
-export([start_link/0, register_node/2, register_node/3, listen_port_please/2]).
-export([address_please/3, port_please/2, port_please/3, names/1]).

%% The version of the protocol of distribution that all nodes since OTP 23 speak.
-define(VERSION, 6).

start_link() -> ignore.

register_node(_Name, _Port) -> {ok, 1}.
register_node(_Name, _Port, _Family) -> {ok, 1}.

listen_port_please(Name, _Host) -> {ok, port(Name)}.

address_please(Name, _Host, _Family) -> {ok, {127, 0, 0, 1}, port(Name), ?VERSION}.

port_please(Name, _Host) -> {port, port(Name), ?VERSION}.
port_please(Name, _Host, _Timeout) -> {port, port(Name), ?VERSION}.

names(_Host) -> {error, address}.

port(Name) when is_atom(Name) -> port(atom_to_list(Name));
port("n" ++ Port) -> list_to_integer(Port).
