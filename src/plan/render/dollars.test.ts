import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ComposeModel } from '../compose-model.ts'
import { DATA_FOLDER, RELEASE_FOLDER, readModel, SLOT, writeModel } from './dollars.ts'

const modelOf = (value: string): ComposeModel => ({
  services: { web: { environment: { KEY: value } } },
})

it('what compose doubled is read as it was meant, keys too', () => {
  const model = { services: { web: { environment: { K$$EY: 'a$$b$$$$c' } } } }
  expect(readModel(model)).toEqual({ services: { web: { environment: { K$EY: 'a$b$$c' } } } })
})

it('any text is written so that compose reads it back', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!text.includes('\0'))
      const written = writeModel(modelOf(text))
      expect(JSON.stringify(written).replaceAll('$$', '')).not.toContain('$')
      expect(readModel(written)).toEqual(modelOf(text))
    }),
  )
})

it('only the variables that are ours are filled in on the host', () => {
  const text = `${RELEASE_FOLDER}/files/$a|${DATA_FOLDER}|${SLOT}|\${BELAY_HOME}`
  expect(writeModel(modelOf(text)).services['web']?.environment).toEqual({
    KEY: '${BELAY_RELEASE}/files/$$a|${BELAY_DATA}|${BELAY_SLOT}|$${BELAY_HOME}',
  })
})
