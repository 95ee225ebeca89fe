import * as z from 'zod/mini'
import { described, keyed, listOf, matching, optional, passing } from '../source/leaves.ts'
import { port, turned, whole, withDefault } from '../source/leaves.ts'

/** What a server of the environment should have before anything is deployed to it. */
export interface SetupConfig {
  readonly folders: readonly DataFolder[]
  /** TCP ports that stay open; none means that no firewall is asked for. */
  readonly firewall: readonly number[]
  readonly deployUser?: string
}

export interface DataFolder {
  readonly path: string
  /** As `chown` takes it: a number or a name, with a group or without. */
  readonly owner: string
}

/** Folders that belong to the system: given to a container's user, nothing would work any more. */
const SYSTEM = [
  /^\/(bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr)(\/|$)/,
  /^\/(home|media|mnt|opt|root|srv|tmp|var)\/?$/,
  /^\/var\/(lib|log|cache|run)\/?$/,
  /^\/var\/lib\/(docker|containerd|belay|dpkg|apt)(\/|$)/,
]

/** The key `setup`. */
export function setupKey() {
  const folders = withDefault(
    listOf(folder(), 'a list is needed, such as [{ path: /srv/shop/data }]'),
    [],
    {
      description:
        'Folders for data, made with the owner that the container needs. One that has something in ' +
        'it is never given to another owner.',
      examples: [[{ path: '/srv/shop/data', owner: 1001 }]],
    },
  )
  const firewall = withDefault(
    listOf(port(), 'a list of ports is needed, such as [22, 80, 443]'),
    [],
    {
      description:
        'TCP ports that stay open when everything else is closed; the port of SSH always does. Left ' +
        'out, no firewall is touched.',
      examples: [[22, 80, 443]],
    },
  )
  const deployUser = optional(userName(), {
    description:
      'A user who deploys: made if it is missing, with your public key, in the group `docker` ' +
      '(which equals root on that server). Left out, it is the user of the host.',
    examples: ['deploy'],
  })
  const keys = keyed({ folders, firewall, 'deploy-user': deployUser })
  return withDefault(
    keys,
    {},
    {
      description: 'What `belay host setup` makes of a bare server.',
      examples: [{ folders: [{ path: '/srv/shop/data', owner: 1001 }], firewall: [22, 80, 443] }],
    },
  )
}

function folder() {
  const allowed = 'a folder is a map such as { path: /srv/shop/data, owner: 1001 }'
  const path = passing(
    (text) =>
      /^\/[A-Za-z0-9._/-]+$/.test(text) &&
      !/\/\.{1,2}(\/|$)/.test(text) &&
      !SYSTEM.some((pattern) => pattern.test(text)),
    'an absolute path is needed that is none of the system, such as /srv/shop/data',
  )
  const word = matching(
    /^[a-z0-9_][\w-]{0,31}(:[a-z0-9_][\w-]{0,31})?$/,
    'an owner is the number or name of a user, such as 1001 or 1001:1001',
  )
  const number = turned(whole(0, 4_294_967_294, 'an owner is a number or a name'), String)
  const owner = z.union([word, number], { error: 'an owner is a number such as 1001, or a name' })
  return z.strictObject(
    {
      path: described(path, { description: 'Absolute.', examples: ['/srv/shop/data'] }),
      owner: described(owner, {
        description: "The user that the container runs as, and its group if it isn't the same.",
        examples: [1001],
      }),
    },
    { error: allowed },
  )
}

function userName() {
  return matching(
    /^[a-z_][a-z0-9_-]{0,31}$/,
    'the name of a user has lower-case letters, digits, _ and - in it',
  )
}

/** The settings as the rest of Belay takes them. */
export function resolveSetup(settings: z.output<ReturnType<typeof setupKey>>): SetupConfig {
  const { folders, firewall, 'deploy-user': deployUser } = settings
  return { folders, firewall, ...(deployUser === undefined ? {} : { deployUser }) }
}
