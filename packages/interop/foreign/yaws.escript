#!/usr/bin/env escript
%%! -noinput
%% Without -sname there is no epmd; embedded, yaws has no control socket.
-module(iop).
-mode(compile).
-export([main/1, out/1, handle_message/1]).
-include_lib("yaws/include/yaws_api.hrl").
main(["server", Port]) ->
  {ok, _} = application:ensure_all_started(ssl),
  ok = filelib:ensure_path("yaws"),
  Tls = case os:getenv("IOP_MODE") of
    "tls" -> [{ssl, [{keyfile, "tls/key.pem"}, {certfile, "tls/cert.pem"}]}];
    _ -> [] end,
  Server = [{listen, {127, 0, 0, 1}}, {port, list_to_integer(Port)}, {appmods, [{"/", ?MODULE}]}, {flags, [{access_log, false}, {auth_log, false}]} | Tls],
  ok = yaws:start_embedded("yaws", Server, [{logdir, "yaws"}], "iop"),
  receive stop -> ok end.
out(_) -> {websocket, ?MODULE, [{max_frame_size, 1 bsl 28}, {max_message_size, 1 bsl 28}]}.
handle_message({text, <<"!", Command/binary>>}) ->
  case binary:split(Command, <<" ">>) of
    [<<"close">>, <<"0">>] -> {close, normal};
    [<<"close">>, <<Code:4/binary, Rest/binary>>] -> {close, {binary_to_integer(Code), string:trim(Rest)}};
    [<<"ping">>] -> {reply, [{ping, <<"x">>}, {text, <<"!pinged">>}]};
    [<<"frag">>] -> {reply, [
      #ws_frame{fin = false, opcode = text, payload = <<"frag-é€"/utf8>>},
      #ws_frame{fin = false, opcode = continuation, payload = <<"😀"/utf8>>},
      #ws_frame{opcode = continuation, payload = <<"-end">>}]}
  end;
handle_message({close, Code, Reason}) -> io:format("CLOSE ~p ~ts~n", [Code, Reason]), {close, {Code, Reason}};
handle_message(Message) -> {reply, Message}.
