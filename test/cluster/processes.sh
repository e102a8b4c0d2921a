# processes.sh - start, find and end processes that outlive the script that starts them; sourced after settings.sh.
# Each is recorded in $RUN/NAME.pid as "PID START-TIME": a PID alone can be another process's by the time somebody ends it.

start_time() { # PID: nothing for a process that has gone; one that waits to be reaped has gone too
  awk '{ sub(/.*\) /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" 2>/dev/null
}

is_running() { # NAME
  local pid started
  [ -f "$RUN/$1.pid" ] && read -r pid started <"$RUN/$1.pid" && [ "$(start_time "$pid")" = "$started" ]
}

start() { # NAME COMMAND...: in a session of its own, unless it runs already; descriptor 9 is the scripts' lock
  local name=$1
  shift
  if is_running "$name"; then return; fi
  setsid "$@" </dev/null >>"$RUN/log/$name.log" 2>&1 9>&- &
  echo "$! $(start_time $!)" >"$RUN/$name.pid"
}

stop() { # NAME: returns when it has gone
  local pid
  if is_running "$1"; then
    read -r pid _ <"$RUN/$1.pid"
    kill -KILL "$pid"
    while is_running "$1"; do sleep 0.05; done
  fi
  rm -f "$RUN/$1.pid"
}

wait_for() { # NAME COMMAND...: until the command succeeds; fails when the process NAME, which must make it so, has died
  local name=$1
  shift
  until "$@" >/dev/null 2>&1; do
    if ! is_running "$name"; then
      tail -n 20 "$RUN/log/$name.log" >&2
      fail "$name died"
    fi
    sleep 0.2
  done
}

all_run() { # nothing that was started has died; true also when nothing was started
  local file
  for file in "$RUN"/*.pid; do
    if [ -f "$file" ] && ! is_running "$(basename "$file" .pid)"; then return 1; fi
  done
}

one_at_a_time() { # until this script ends, others that call this wait, except those that it calls itself
  mkdir -p "$CACHE"
  if [ "/proc/$$/fd/9" -ef "$CACHE/lock" ]; then return; fi
  exec 9>"$CACHE/lock"
  flock 9
}
