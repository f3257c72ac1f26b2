# Runs one server, and ends it when no process of the tests has held its lease for LINGER seconds.
# usage: sh watch.sh BASE RUN LINGER COMMAND [ARGUMENT...]
#   BASE/gate   locked by whoever starts or ends the server
#   BASE/lease  shared lock of everyone who uses it; the system releases it when they die
#   RUN/alive   locked as long as this watchdog lives, and so the server
base=$1 run=$2 linger=$3
shift 3

cd "$base" || exit 1
exec 7>>"$run/alive"
flock -w 10 7 || exit 1
ulimit -n "$(ulimit -H -n)" 2>/dev/null

# The server dies with this shell, also when the shell is killed without a word.
setpriv --pdeathsig KILL -- "$@" </dev/null >"$run/log" 2>&1 7>&- &
server=$!
end() {
  kill -KILL "$server" 2>/dev/null
  wait "$server"
}
trap 'end; exit 0' TERM INT HUP
echo "$server" >"$run/pid.new" && mv "$run/pid.new" "$run/pid"

exec 8>>gate 9>>lease
idle=0
while kill -0 "$server" 2>/dev/null; do
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
    rm -rf data "$run/state"
    exit 0
  fi
  flock -u 8
done
