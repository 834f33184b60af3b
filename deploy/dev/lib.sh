# shellcheck shell=bash
# What `kafka`, `postgres` and `prepare` share: messages, finding and installing programs,
# loopback ports, and looking after processes. Sourced, never run.

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# ---------------------------------------------------------------- programs we depend on

# Prints the path of a Java that can run Kafka 4. JAVA_HOME comes first, then the PATH, then
# the distribution's folder: a Java 17 may be installed there without being the default.
find_java() {
  local java build
  for java in "${JAVA_HOME:-}/bin/java" "$(type -P java || true)" /usr/lib/jvm/*/bin/java; do
    [[ -x $java ]] || continue
    build=$(java_build "$java")
    if ((${build%%[!0-9]*} >= 17)); then
      say "$java"
      return 0
    fi
  done
  return 1
}

# The full version of a Java. Its `release` file answers without the cost of starting a JVM.
java_build() {
  local home text=
  home=$(readlink -f "$1")
  home=${home%/bin/java}
  if [[ -r $home/release ]]; then
    text=$(<"$home/release")
  else
    text=$("$1" -version 2>&1 || true)
  fi
  if [[ $text =~ JAVA_RUNTIME_VERSION=\"([^\"]+) || $text =~ VERSION=\"([^\"]+) || $text =~ version\ \"([^\"]+) ]]; then
    say "${BASH_REMATCH[1]}"
  else
    say 0
  fi
}

# Prints the folder of the newest Postgres server programs.
find_postgres() {
  local bin
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
  if [[ -x $bin ]]; then
    say "${bin%/postgres}"
  elif bin=$(pg_config --bindir 2>/dev/null) && [[ -x $bin/postgres ]]; then
    say "$bin"
  else
    return 1
  fi
}

has_need() {
  case $1 in
  java) find_java >/dev/null ;;
  maven) type -P mvn >/dev/null ;;
  postgres) find_postgres >/dev/null ;;
  openssl) type -P openssl >/dev/null ;;
  cc) type -P cc >/dev/null ;;
  c++) type -P c++ >/dev/null ;;
  make) type -P make >/dev/null ;;
  pkg-config) type -P pkg-config >/dev/null ;;
  openssl-dev) type -P pkg-config >/dev/null && pkg-config --exists openssl ;;
  esac
}

# What a need is called in a message, and the Debian package that fills it.
need_name() {
  case $1 in
  java) say 'Java 17 or newer' ;;
  maven) say 'Maven (mvn)' ;;
  postgres) say 'the Postgres server' ;;
  openssl) say 'the openssl command' ;;
  cc) say 'a C compiler (cc)' ;;
  c++) say "a C++ compiler (c++; librdkafka's configure asks for one)" ;;
  openssl-dev) say "OpenSSL's headers" ;;
  *) say "$1" ;;
  esac
}

need_package() {
  case $1 in
  java) say openjdk-17-jre-headless ;;
  postgres) say postgresql ;;
  cc) say 'gcc libc6-dev' ;;
  c++) say g++ ;;
  openssl-dev) say libssl-dev ;;
  *) say "$1" ;;
  esac
}

# Sets `missing` to those of the given needs that are not there.
find_missing() {
  local need
  missing=()
  for need in "$@"; do
    has_need "$need" || missing+=("$need")
  done
}

# Makes sure that the needs are there: installs them where we may (root, with apt-get), says
# how to get them otherwise. Returns 1 when something is still missing.
ensure_needs() {
  local missing need
  find_missing "$@"
  if ((${#missing[@]} > 0 && EUID == 0)) && type -P apt-get >/dev/null; then
    install_needs "${missing[@]}"
    find_missing "$@"
  fi
  ((${#missing[@]} == 0)) && return 0
  for need in "${missing[@]}"; do
    say "missing: $(need_name "$need"). Get it with: apt-get install $(need_package "$need")" >&2
  done
  return 1
}

# Failure is not an error here: the caller looks again at what is missing.
install_needs() {
  local lock log
  lock=$(shared_dir)/install.lock
  # Our own lock, because apt-get gives up at once when another one is updating the lists.
  exec 6>"$lock"
  flock 6
  find_missing "$@" # another run may have installed them while we waited
  if ((${#missing[@]} > 0)); then
    local packages=() package
    for need in "${missing[@]}"; do
      read -ra package < <(need_package "$need")
      packages+=("${package[@]}")
    done
    say "installing with apt-get: ${packages[*]}"
    log=$(mktemp "${TMPDIR:-/tmp}/isobar-install.XXXXXX")
    if apt_install "${packages[@]}" >"$log" 2>&1; then
      rm -f "$log"
    else
      tail -n 5 "$log" >&2
      say "apt-get failed; everything it said: $log" >&2
    fi
  fi
  exec 6>&-
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q &&
    apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# ---------------------------------------------------------------- folders

# Prints the absolute path of the folder $1, which is made if it is not there.
make_dir() {
  # Kafka reads `,` in log.dirs as a separator and `\` as an escape.
  [[ $1 != *[,\\]* ]] || die "a folder's name must have no comma and no backslash: $1"
  mkdir -p -- "$1"
  (cd -- "$1" && pwd -P)
}

# Prints the absolute path of the folder $1, which `start` must have made ($2 is a file in it).
existing_dir() {
  [[ -e $1/$2 ]] || die "nothing was started in $1"
  (cd -- "$1" && pwd -P)
}

# Where the runs of one user on one machine meet: locks, and the ports that are taken.
shared_dir() {
  local dir=/tmp/isobar-dev-$EUID
  [[ -d $dir ]] || (umask 077 && mkdir -p "$dir")
  [[ -O $dir && ! -L $dir ]] || die "$dir belongs to somebody else"
  say "$dir"
}

# Replaces file $1 by $2 in one step, so that no reader sees half of it.
write_file() {
  printf '%s\n' "$2" >"$1.new"
  mv -f "$1.new" "$1"
}

# Holds the folder $1 until this script ends: two starts in one folder take turns.
# Whatever is left running must be launched with 8>&-, or it would keep the lock.
lock_dir() {
  exec 8>"$1/.lock"
  flock -w 300 8 || die "another command is busy in $1"
}

# ---------------------------------------------------------------- ports
#
# A port that nobody listens on now is not yet ours: another start may be about to take it, or
# it may belong to a broker that a test has killed and will bring up again. So every port is
# also claimed, by a file named after it that holds the folder it was claimed for. A claim
# ends with `stop`, or with the folder. Programs outside this scheme can still be quicker
# than we are; then the server cannot bind, and `start` tries again with other ports.

# Prints $2 ports claimed for folder $1. The ports named after that are taken where all of
# them can be had: a cluster keeps its ports over a restart.
claim_ports() {
  local claims
  claims=$(shared_dir)/ports
  mkdir -p "$claims"
  (
    flock 9
    claim_ports_locked "$claims" "$@"
  ) 9>"$claims.lock"
}

claim_ports_locked() {
  local claims=$1 dir=$2 count=$3 port ports=() low=20000 high=45000 ephemeral tries=0
  shift 3
  end_stale_claims
  if (($# == count)); then
    for port in "$@"; do
      can_claim "$port" && ports+=("$port")
    done
    ((${#ports[@]} == count)) || ports=()
  fi
  # Below the ephemeral range, where the kernel takes the ports of outgoing connections.
  if read -r ephemeral _ 2>/dev/null </proc/sys/net/ipv4/ip_local_port_range &&
    ((ephemeral > low + 5000 && ephemeral < high)); then
    high=$ephemeral
  fi
  while ((${#ports[@]} < count)); do
    ((++tries < 5000)) || die "found no free ports between $low and $high"
    port=$((low + (RANDOM << 15 | RANDOM) % (high - low)))
    [[ " ${ports[*]} " != *" $port "* ]] && can_claim "$port" && ports+=("$port")
  done
  for port in "${ports[@]}"; do
    say "$dir" >"$claims/$port"
  done
  say "${ports[*]}"
}

# Those of folders that are gone, and those of an earlier start in this one.
end_stale_claims() {
  local claim owner
  for claim in "$claims"/*; do
    if { read -r owner <"$claim"; } 2>/dev/null && [[ $owner == "$dir" || ! -d $owner ]]; then
      rm -f "$claim"
    fi
  done
}

can_claim() { [[ ! -e $claims/$1 ]] && ! port_answers "$1"; }

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Ends the claims of folder $1 on the ports that follow.
release_ports() {
  local dir=$1 claims port
  claims=$(shared_dir)/ports
  for port in "${@:2}"; do
    if [[ -e $claims/$port && $(<"$claims/$port") == "$dir" ]]; then
      rm -f "$claims/$port"
    fi
  done
}

# ---------------------------------------------------------------- processes
#
# A process is known by its pid and by one argument on its command line that names its folder:
# after a reboot or a crash the pid in a file may be somebody else's.

# True if the process in pid file $1 runs and has the argument $2. Sets `pid`.
# (`return 0`, not `return`: called from a trap, a bare one gives the status from before the trap.)
is_running() {
  local args=() arg i
  pid=
  [[ -s $1 ]] && read -r pid <"$1" && [[ $pid =~ ^[0-9]+$ ]] || return 1
  for ((i = 0; i < 50; i++)); do
    { mapfile -d '' -t args <"/proc/$pid/cmdline"; } 2>/dev/null || return 1
    ((${#args[@]} > 0)) && break
    # A process has no command line for an instant while it becomes another program, and again
    # when it was killed but has not let go of its ports yet. Only one that is over is gone.
    is_over "$pid" && return 1
    sleep 0.01
  done
  for arg in "${args[@]}"; do
    [[ $arg == "$2" ]] && return 0
  done
  return 1
}

# True if process $1 has ended, even if its parent has not asked about it yet.
is_over() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  [[ ${stat##*) } == [ZX]* ]] # behind the name in brackets, which may hold anything
}

# Waits at most $1 tenths of a second until the command that follows is true.
wait_until() {
  local left=$1
  shift
  until "$@"; do
    ((left-- > 0)) || return 1
    sleep 0.1
  done
}

seconds_since() {
  local ms=$((($(date +%s%N) - $1) / 1000000))
  printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}
