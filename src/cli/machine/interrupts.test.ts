import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchInterrupts } from './interrupts.ts'

it('dozens of programs may wait for an interrupt, and Node not warn of them', async () => {
  const warned: Error[] = []
  const warn = (warning: Error) => void warned.push(warning)
  process.on('warning', warn)
  const signal = watchInterrupts({ onInterrupt: () => {}, leave: () => {} }, () => {})
  for (let n = 0; n < 30; n++) signal.addEventListener('abort', () => n)
  await setImmediate()
  process.off('warning', warn)
  expect(warned).toEqual([])
})
