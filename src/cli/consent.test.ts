import { describe, expect, it } from 'vitest'
import { type Prompt, consent } from './consent.ts'

const question = { command: 'deploy', what: 'changes a server', ask: 'Deploy shop?' }
const dangerous = { ...question, ask: 'Really?', word: 'production' }

function asking(answers: readonly (string | boolean | undefined)[], given = false) {
  const asked: string[] = []
  const left = [...answers]
  const reply = async (ask: string) => {
    asked.push(ask)
    return left.shift()
  }
  const prompt = {
    yesOrNo: reply,
    line: reply,
    choose: reply,
  } as Prompt
  let asides = 0
  const reporter = {
    aside: <T>(put: () => Promise<T>): Promise<T> => {
      asides += 1
      return put()
    },
  }
  const make = (canAsk: boolean) =>
    consent({ given, reporter, prompt: canAsk ? prompt : undefined })
  return { asked, attended: make(true), unattended: make(false), asides: () => asides }
}

describe('consent', () => {
  it('is asked at a terminal, with the terminal to itself', async () => {
    const { attended, asked, asides } = asking([true, false])
    expect(await attended.ask(question)).toBe(true)
    expect(await attended.ask(question)).toBe(false)
    expect(asked).toEqual(['Deploy shop?', 'Deploy shop?'])
    expect(asides()).toBe(2)
  })
  it('of what is dangerous takes the very word', async () => {
    const { attended, asked } = asking(['production', ' production ', 'prod', 'y', ''])
    expect(await attended.ask(dangerous)).toBe(true)
    expect(await attended.ask(dangerous)).toBe(true)
    for (const _ of ['prod', 'y', '']) expect(await attended.ask(dangerous)).toBe(false)
    expect(asked[0]).toBe('Really? Type production to go on')
  })
  it('is not asked when it was given beforehand', async () => {
    const { attended, unattended, asked } = asking([], true)
    expect(await attended.ask(dangerous)).toBe(true)
    expect(await unattended.ask(dangerous)).toBe(true)
    expect(asked).toEqual([])
  })
  it('cannot be had where nobody is: that is said before anything is done', () => {
    const { unattended, attended } = asking([])
    expect(() => unattended.mustBePossible(question)).toThrow(
      'belay deploy asks before it changes a server, and there is nobody here to answer',
    )
    expect(() => attended.mustBePossible(question)).not.toThrow()
  })
  it('that was interrupted is an interrupt, and no refusal', async () => {
    const { attended } = asking([undefined])
    await expect(attended.ask(question)).rejects.toMatchObject({ exit: 'interrupted' })
  })
})
