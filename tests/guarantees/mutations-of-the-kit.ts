import type { Mutation } from './mutations.ts'

const KIT = 'src/hosts/kit'
const TESTS = 'tests/kit'

/** Mechanisms of the script that carries things out on a host. */
export const OF_THE_KIT: readonly Mutation[] = [
  {
    of: 'requests',
    without: 'nothing being stopped after traffic could not be turned',
    file: `${KIT}/act.sh`,
    from: "'route '*) unturned='yes ' ;;",
    to: "'route '*) ;;",
    fails: {
      file: `${TESTS}/decide.test.ts`,
      name: 'nothing must be stopped after traffic could not be turned',
    },
  },
  {
    of: 'lease',
    without: 'the fence: a change carries the number of its lease',
    file: `${KIT}/state.sh`,
    from: '  [ "$EPOCH" = "$1" ] || give_up 76 "epoch $EPOCH"\n}\n\n# LEASE_STATE',
    to: '}\n\n# LEASE_STATE',
    fails: {
      file: `${TESTS}/lease.test.ts`,
      name: 'it must lapse by uptime alone, and the next epoch fence the old one',
    },
  },
  {
    of: 'lease',
    without: 'the boot in the lease: a reboot ends it',
    file: `${KIT}/state.sh`,
    from: '  [ "$2" = "$BOOT" ] || return 0\n',
    to: '',
    fails: {
      file: `${TESTS}/lease.test.ts`,
      name: 'a reboot must end it, whatever the uptime says',
    },
  },
  {
    of: 'lease',
    without: "uptime as the lease's clock, instead of the wall's",
    file: `${KIT}/state.sh`,
    from: '"$1 $BOOT $((NOW + $2)) $3 $4"',
    to: '"$1 $BOOT $(($(date +%s) + $2)) $3 $4"',
    fails: {
      file: `${TESTS}/lease.test.ts`,
      name: 'it must be held by the host uptime and boot, and name its owner',
    },
  },
  {
    of: 'recovery',
    without: 'the tail that a crash tore off being dropped before the next line',
    file: `${KIT}/state.sh`,
    from: '      drop_last_line\n      last=',
    to: '      last=',
    fails: {
      file: `${TESTS}/journal.test.ts`,
      name: 'a torn tail must be no damage, and not swallow the next line',
    },
  },
  {
    of: 'link',
    without: 'exactly once: a result that is kept and told again',
    file: `${KIT}/act.sh`,
    from: '  [ ! -f "$result" ] || replay "$result"\n',
    to: '',
    fails: {
      file: `${TESTS}/act.test.ts`,
      name: 'it must happen once for its number, however often it is asked',
    },
  },
  {
    of: 'recovery',
    without: 'the guard: once a decision was taken, nothing more of the run is carried out',
    file: `${KIT}/act.sh`,
    from: '    GUARD=$guard carry_out ',
    to: '    carry_out ',
    fails: {
      file: `${TESTS}/act.test.ts`,
      name: 'it must stop where it is when a decision is taken under it',
    },
  },
  {
    of: 'recovery',
    without: 'a run that was decided staying decided',
    file: `${KIT}/act.sh`,
    from: `    none) [ "$SETTLED_EPOCH" != "$epoch" ] || give_up 77 'the run was decided already' ;;`,
    to: '    none) ;;',
    fails: {
      file: `${TESTS}/decide.test.ts`,
      name: 'a run that was decided must not be armed to life again',
    },
  },
  {
    of: 'watchdog',
    without: 'a watchdog that is seen alive before anything is carried out',
    file: `${KIT}/act.sh`,
    from: `  start_watch "$epoch" || give_up 81 'failed 0 arm'\n`,
    to: '  start_watch "$epoch" || :\n',
    fails: {
      file: `${TESTS}/watch.test.ts`,
      name: 'where it cannot live the action must fail and nothing be carried out',
    },
  },
  {
    of: 'recovery',
    without: 'the decision on disk before anyone hears of it',
    file: `${KIT}/decide.sh`,
    from: 'mv -f "$S/pending" "$S/decided_$2" && flush "$S" ||',
    to: 'mv -f "$S/pending" "$S/decided_$2" ||',
    fails: {
      file: `${TESTS}/durable.test.ts`,
      name: 'a release and what is pending must be, and the decision after it',
    },
  },
  {
    of: 'recovery',
    without: 'a commit that makes the release the kept one before it is told',
    file: `${KIT}/decide.sh`,
    from: '      [ "$2" = rollback ] || keep_release "$1"\n',
    to: '',
    fails: {
      file: `${TESTS}/decide.test.ts`,
      name: 'a commit must make the release the kept one before anyone hears of it',
    },
  },
  {
    of: 'recovery',
    without: 'going back that turns traffic without Docker, and waits for it with the rest',
    file: `${KIT}/decide.sh`,
    from: '  docker_answers || wait_for_docker "$1"\n',
    to: '',
    fails: {
      file: `${TESTS}/decide.test.ts`,
      name: 'going back must turn traffic without Docker, and wait for it with the rest',
    },
  },
  {
    of: 'recovery',
    without: 'an action that is ended when Docker hangs under it',
    file: `${KIT}/act.sh`,
    from: '  [ "$silent" -lt 2 ] || { why=silent && break; }\n',
    to: '',
    fails: {
      file: `${TESTS}/act.test.ts`,
      name: 'it must end when Docker hangs under it, and be told from one that takes long',
    },
  },
  {
    of: 'recovery',
    without: 'going back that does not wait for ever for a Docker that hangs',
    file: `${KIT}/decide.sh`,
    from: '  [ "$code" != 124 ] || give_up 74',
    to: '  : || give_up 74',
    fails: {
      file: `${TESTS}/decide.test.ts`,
      name: 'where Docker hangs, traffic must be turned, and the rest not wait for ever',
    },
  },
  {
    of: 'recovery',
    without: 'a decision that stands until all of its list was done',
    file: `${KIT}/decide.sh`,
    from: '  [ "$code" = 0 ] || return "$code"\n  # The new name',
    to: '  # The new name',
    fails: {
      file: `${TESTS}/decide.test.ts`,
      name: 'one line that fails must not keep the others from being tried',
    },
  },
  {
    of: 'watchdog',
    without: 'the watchdog that acts when the lease has lapsed',
    file: `${KIT}/watch.sh`,
    from: '    if ! lapsed; then\n      sleep "$TICK"',
    to: '    if true; then\n      sleep "$TICK"',
    fails: {
      file: `${TESTS}/watch.test.ts`,
      name: 'it must go back once the lease has lapsed, and tell the journal',
    },
  },
  {
    of: 'watchdog',
    without: 'the watchdog that looks again with both locks held',
    file: `${KIT}/watch.sh`,
    from: '  pending_of "$epoch" && lapsed || return 1\n',
    to: '  pending_of "$epoch" || return 1\n',
    fails: {
      file: `${TESTS}/watch.test.ts`,
      name: 'a lease that is renewed at the last moment must count',
    },
  },
  {
    of: 'watchdog',
    without: 'the watchdog that ends an action whose lease is over',
    file: `${KIT}/watch.sh`,
    from: '      [ "${1-}" != one ] || end_group "${3-}"\n',
    to: '',
    fails: {
      file: `${TESTS}/watch.test.ts`,
      name: 'an action that outlives its lease must be ended for it',
    },
  },
  {
    of: 'requests',
    without: 'a proxy that is left alone when its site is the same',
    file: `${KIT}/instructions/proxy.sh`,
    from: 'if [ ! -e "$marker" ] && same_site "$site" "$file"; then return 0; fi',
    to: ':',
    fails: {
      file: `${TESTS}/proxy.test.ts`,
      name: 'a site must be validated with all others, put there and loaded, once',
    },
  },
  {
    of: 'requests',
    without: 'the waiting for requests in flight before the old release is stopped',
    file: `${KIT}/instructions/proxy.sh`,
    from: '      [ "$zeros" -lt 2 ] || exit 0\n',
    to: '      exit 0\n',
    fails: {
      file: `${TESTS}/proxy.test.ts`,
      name: 'draining must see two zeros, and end at its limit with a word',
    },
  },
]
