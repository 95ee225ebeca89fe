import type { DataFolder } from '../../config/pipeline/setup.ts'
import { dockerSteps } from './docker-steps.ts'
import { firewallStep } from './firewall-step.ts'
import type { FolderLook, SetupLook } from './look.ts'
import type { SetupStep } from './setup-step.ts'

/** What a server is wanted to have. */
export interface SetupWish {
  readonly deployUser: string | undefined
  /** One line, as in `authorized_keys`; none is needed where the user has keys. */
  readonly key: string | undefined
  readonly folders: readonly DataFolder[]
  readonly firewall: readonly number[]
}

/** What is there, what is to be done, and why: in the order in which it is done. */
export function planSetup(look: SetupLook, wish: SetupWish): readonly SetupStep[] {
  return [
    ...dockerSteps(look),
    ...(wish.deployUser === undefined ? [] : [userStep(look, wish.deployUser, wish.key)]),
    ...wish.folders.map((folder) => folderStep(look, folder)),
    ...(wish.firewall.length === 0 ? [] : [firewallStep(look, wish.firewall)]),
  ]
}

function userStep({ deployUser }: SetupLook, name: string, key: string | undefined): SetupStep {
  const about = 'deploy-user'
  const because = `${name} may use Docker, which equals root on that server`
  const isDone = deployUser?.inDocker === true && deployUser.key !== 'no'
  if (isDone) return { about, state: 'there', what: `${name} may log in and use Docker`, because }
  if (deployUser?.key !== 'some' && deployUser?.key !== 'yes' && key === undefined) {
    const what = `${name} would have no key to log in with`
    return {
      about,
      state: 'cannot',
      what,
      because: 'name your public key: --key ~/.ssh/id_ed25519.pub',
    }
  }
  const parts = [
    ...(deployUser === undefined ? [`make the user ${name}`] : []),
    ...(deployUser?.inDocker === true ? [] : [`put ${name} into the group docker`]),
    ...((deployUser?.key ?? 'no') === 'no' ? ['let your public key in'] : []),
  ]
  const input = (deployUser?.key ?? 'no') === 'no' ? (key ?? '') : ''
  const act = { verb: 'deploy_user', words: [name], input }
  return { about, state: 'do', what: parts.join(', '), because, acts: [act] }
}

function folderStep({ folders }: SetupLook, { path, owner }: DataFolder): SetupStep {
  const about = 'folder'
  const found = folders.find((each) => each.path === path)
  const because = `a container that runs as ${owner} must be able to write there`
  const acts = [{ verb: 'folder', words: [owner, path], input: '' }]
  if (found === undefined || found.state === 'absent') {
    return { about, state: 'do', what: `make ${path} for ${owner}`, because, acts }
  }
  if (found.state === 'file') {
    const what = `${path} is no folder`
    return { about, state: 'cannot', what, because: 'move it away, or name another path' }
  }
  if (isOwned(found, owner)) {
    return { about, state: 'there', what: `${path} belongs to ${owner}`, because }
  }
  if (found.state === 'empty') {
    return { about, state: 'do', what: `give ${path}, which is empty, to ${owner}`, because, acts }
  }
  const [uid = '', , user = ''] = found.owner.split(':')
  const whose = user === 'UNKNOWN' ? uid : user
  const what = `${path} has something in it and belongs to ${whose}, not to ${owner}`
  const fix = `it is left as it is; if ${owner} is right: chown -R ${owner} ${path}`
  return { about, state: 'left', what, because: fix }
}

function isOwned({ owner: found }: FolderLook, wanted: string): boolean {
  const [uid, gid, user, group] = found.split(':')
  const [wantedUser, wantedGroup] = wanted.split(':')
  const isUser = wantedUser === uid || wantedUser === user
  return isUser && (wantedGroup === undefined || wantedGroup === gid || wantedGroup === group)
}
