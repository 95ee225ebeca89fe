import { describe, expect, test } from 'vitest'
import { readSshTrouble } from './ssh-words.ts'

/** As OpenSSH 9.2 and 10.0 wrote them. */
const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:kh4usBxvweiZyrY9ddia1N40YHcQupH3hqqaZtIAARU.
Please contact your system administrator.
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/me/.ssh/known_hosts:1
  remove with:
  ssh-keygen -f "/home/me/.ssh/known_hosts" -R "lab1"
Host key for lab1 has changed and you have requested strict checking.
Host key verification failed.`

const REVOKED = `@       WARNING: REVOKED HOST KEY DETECTED!               @
The ED25519 host key for lab1 is marked as revoked.
ED25519 host key for lab1 was revoked and you have requested strict checking.
Host key verification failed.`

const UNKNOWN =
  'No ED25519 host key is known for [a.example.com]:2222 ' +
  `and you have requested strict checking.
Host key verification failed.`

const JUMP = `ssh: Could not resolve hostname nosuch.invalid: Name or service not known
kex_exchange_identification: Connection closed by remote host
Connection closed by UNKNOWN port 65535`

const read = (text: string) => readSshTrouble(text.split('\n'))

describe('readSshTrouble', () => {
  test.each([
    ['ssh: Could not resolve hostname x: Name or service not known', 'no-such-name'],
    ['ssh: connect to host 10.0.0.1 port 22: Connection refused', 'refused'],
    ['ssh: connect to host 10.0.0.1 port 22: Connection timed out', 'timeout'],
    ['ssh: connect to host 10.0.0.1 port 22: Operation timed out', 'timeout'],
    ['ssh: connect to host 10.0.0.1 port 22: No route to host', 'timeout'],
    [
      'Connection timed out during banner exchange\nConnection to 1.2.3.4 port 22 timed out',
      'timeout',
    ],
    ['Timeout, server 10.0.0.1 not responding.', 'timeout'],
    ['kex_exchange_identification: read: Connection reset by peer', 'closed'],
    ['Connection closed by 10.0.0.1 port 22', 'closed'],
    ['ssh: connect to host 10.0.0.1 port 22: Connection reset by peer', 'closed'],
    [JUMP, 'no-such-name'],
  ])('%j must be read as unreachable', (text, why) => {
    expect(read(text)).toMatchObject({ kind: 'unreachable', why })
  })

  test('the reason must be the first cause, without the program', () => {
    expect(read(JUMP)).toMatchObject({
      reason: 'Could not resolve hostname nosuch.invalid: Name or service not known',
    })
  })

  test('an unknown key must name the host that it belongs to', () => {
    expect(read(UNKNOWN)).toEqual({ kind: 'key-unknown', name: '[a.example.com]:2222' })
    expect(read('Host key verification failed.')).toEqual({ kind: 'key-unknown', name: undefined })
  })

  test('a changed key must show the offered one and where the known one stands', () => {
    expect(read(CHANGED)).toEqual({
      kind: 'key-changed',
      offered: 'SHA256:kh4usBxvweiZyrY9ddia1N40YHcQupH3hqqaZtIAARU',
      known: 'ED25519 key in /home/me/.ssh/known_hosts:1',
    })
    expect(read(REVOKED)).toMatchObject({ kind: 'key-changed', offered: 'another key' })
  })

  test('a refusal must name the user and what the server accepts', () => {
    expect(read('deploy@10.0.0.1: Permission denied (publickey,password).')).toEqual({
      kind: 'refused',
      user: 'deploy',
      methods: 'publickey,password',
      tooMany: false,
    })
    const tooMany = 'Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures'
    expect(read(tooMany)).toMatchObject({ kind: 'refused', tooMany: true })
  })

  test.each([
    'Unable to negotiate with 1.2.3.4 port 22: no matching host key type found.',
    'command-line: line 0: Bad configuration option: foo',
    "Can't open user config file /x: No such file or directory",
    'Bad owner or permissions on /home/me/.ssh/config',
  ])('anything else must be passed on: %s', (text) => {
    expect(read(text)).toEqual({ kind: 'other', reason: text })
  })

  test('silence must be said to be silence', () => {
    expect(readSshTrouble([])).toEqual({ kind: 'other', reason: 'it said nothing' })
  })
})
