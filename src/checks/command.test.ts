import { describe, expect, it } from 'vitest'
import { lookAt, subjectOf } from '../../tests/support/looks.ts'
import type { CommandSettings } from '../config/checks/command.ts'
import { command } from './command.ts'

const settings = (over: Partial<CommandSettings> = {}): CommandSettings => ({
  argv: ['/bin/sh', '-c', 'redis-cli ping'],
  timeoutMs: 1500,
  ...over,
})

const judge = (code: number, output = '', over: Partial<CommandSettings> = {}) =>
  command.judge(lookAt({}, { commands: [{ code, output }] }), settings(over), subjectOf())

describe('the command check', () => {
  it("must run in the service's first container, for as long as it may", () => {
    const containers = ['shop-r2-web-1', 'shop-r2-web-2']
    expect(command.needs(settings(), subjectOf({ containers })).commands).toEqual([
      { container: 'shop-r2-web-1', argv: settings().argv, timeoutSeconds: 2 },
    ])
  })

  it('must be called as the user wrote it', () => {
    expect(command.title(settings(), subjectOf())).toBe('`redis-cli ping`')
  })

  it('must pass on 0 alone', () => {
    expect(judge(0)).toMatchObject({ verdict: 'pass' })
    expect(judge(3, 'no\n')).toEqual({
      verdict: 'fail',
      text: 'exited with code 3',
      evidence: ['no'],
    })
  })

  it('must compare what it printed', () => {
    expect(judge(0, 'PONG\n', { output: { contains: 'PONG' } })).toMatchObject({ verdict: 'pass' })
    expect(judge(0, 'LOADING\n', { output: { contains: 'PONG' } })).toMatchObject({
      verdict: 'fail',
      text: 'exited with code 0, but what it printed lacks "PONG"',
      evidence: ['LOADING'],
    })
  })

  it('must give up at once on a command that is not there', () => {
    expect(judge(127)).toMatchObject({ verdict: 'fail', final: true })
  })

  it('must not blame the command when it could not be started', () => {
    expect(judge(125)).toMatchObject({ verdict: 'unknown' })
  })

  it('must say that it took too long', () => {
    expect(judge(124)).toMatchObject({ verdict: 'fail', text: 'took too long' })
  })

  it('must not take its silence for success when it was not run', () => {
    expect(command.judge(lookAt(), settings(), subjectOf())).toMatchObject({ verdict: 'unknown' })
    const look = lookAt({ state: 'exited' }, { commands: [{ code: 0, output: '' }] })
    expect(command.judge(look, settings(), subjectOf())).toMatchObject({ verdict: 'unknown' })
  })
})
