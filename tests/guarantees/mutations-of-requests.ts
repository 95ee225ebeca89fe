import type { Mutation } from './mutations.ts'

/** Mechanisms that keep requests from being lost, beside those of the kit. */
export const OF_REQUESTS: readonly Mutation[] = [
  {
    of: 'requests',
    without: 'a hold that outlasts any start',
    file: 'src/plan/patience.ts',
    from: '  return Math.min(sum(ending) + until + SPARE_MS, HOLD_MAX_MS)',
    to: '  return 30_000',
    fails: {
      file: 'src/plan/patience.test.ts',
      name: 'must be longer than any start that is allowed',
    },
  },
  {
    of: 'requests',
    without: 'a hold that outlasts the watchdog',
    file: 'src/plan/patience.ts',
    from: 'Math.max(starting, config.watchdogSeconds * 1000)',
    to: 'starting',
    fails: {
      file: 'src/plan/patience.test.ts',
      name: 'must last until the watchdog has acted for a deployer that died',
    },
  },
  {
    of: 'requests',
    without: 'server-sent events being counted apart, for which nobody should wait',
    file: 'src/hosts/proxies/caddy-site.ts',
    from: "  indent(['not {', indent(['method GET', 'header Accept text/event-stream']), '}']),\n",
    to: '',
    fails: {
      file: 'src/hosts/proxies/caddy-site.test.ts',
      name: 'must ask for what stays open by a name of its own, so that it is counted apart',
    },
  },
]
