# Runs one server, and ends it when no process of the tests has held its lease for LINGER seconds.
# usage: sh watch.sh LOCKS HOME RUN LINGER COMMAND [ARGUMENT...]
#   LOCKS/gate   locked by whoever starts or ends a server
#   LOCKS/lease  shared lock of everyone who uses it; the system releases it when they die
#   HOME/data    removed when the watchdog ends the server
#   RUN          of this process alone: pid (its own and the watchdog's) and log
locks=$1 home=$2 run=$3 linger=$4
shift 4

ulimit -n "$(ulimit -H -n)" 2>/dev/null
# The server dies with this shell, also when the shell is killed without a word.
setpriv --pdeathsig KILL -- "$@" </dev/null >"$run/log" 2>&1 &
server=$!

# A process id comes again; a child of this shell does not.
lives() {
  read -r stat 2>/dev/null <"/proc/$server/stat" || return 1
  set -- ${stat##*) }
  [ "$2" = "$$" ]
}
end() {
  lives && kill -KILL "$server"
  wait "$server"
}
trap 'end; exit 0' TERM INT HUP
echo "$server $$" >"$run/pid.new" && mv "$run/pid.new" "$run/pid"

exec 8>>"$locks/gate" 9>>"$locks/lease"
idle=0
while lives; do
  sleep 1
  if flock -n 9; then
    flock -u 9
    idle=$((idle + 1))
  else
    idle=0
  fi
  [ "$idle" -gt "$linger" ] || continue
  # Whoever holds the gate is about to take the lease: ask again later.
  flock -n 8 || continue
  if flock -n 9; then
    end
    echo "ended by the watchdog: nobody holds the lease" >>"$run/log"
    rm -rf "$home/data"
    exit 0
  fi
  flock -u 8
done
wait "$server"
echo "ended by itself or by a signal, status $?" >>"$run/log"
