import type { SetupLook } from './look.ts'
import type { SetupStep } from './setup-step.ts'

/** ufw, if nobody else rules there. The port of SSH stays open whatever was asked for. */
export function firewallStep(look: SetupLook, wanted: readonly number[]): SetupStep {
  const about = 'firewall'
  const ports = [...new Set([...wanted, ...look.sshPorts])].sort((a, b) => a - b)
  const { ufw, foreignFirewall } = look
  const because =
    'nothing else can be reached, but for ports that containers publish: Docker opens those itself'
  if (foreignFirewall !== undefined && ufw?.status !== 'active') {
    const what = `${foreignFirewall} rules there already, and is left as it is`
    return { about, state: 'left', what, because: `see that it lets in: ${ports.join(', ')}` }
  }
  if (look.sshPorts.length === 0) {
    const what = 'on which port SSH is reached cannot be told'
    return { about, state: 'cannot', what, because: 'log in over SSH for this' }
  }
  const missing = ports.filter((port) => ufw?.ports.includes(port) !== true)
  if (ufw?.status === 'active' && missing.length === 0) {
    return { about, state: 'there', what: `ufw lets in ${ports.join(', ')}`, because }
  }
  const words = ports.map(String)
  const isThere = ufw !== undefined
  if (!isThere && look.packages['ufw'] === undefined && look.docker === undefined) {
    const what = 'there is no ufw, and no package of it'
    return { about, state: 'cannot', what, because: 'leave out setup.firewall' }
  }
  const acts = [
    ...(isThere ? [] : [{ verb: 'install_packages', words: ['ufw'], input: '' }]),
    { verb: 'firewall', words, input: '' },
  ]
  const what = [
    ...(isThere ? [] : ['install ufw']),
    `let in ${ports.join(', ')}`,
    ...(ufw?.status === 'active'
      ? []
      : ['close all other ports (opened again after a minute if Belay cannot get in)']),
  ]
  return { about, state: 'do', what: what.join(', '), because, acts }
}
