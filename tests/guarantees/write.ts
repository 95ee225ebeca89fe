import { writeFileSync } from 'node:fs'
import { page } from './page.ts'

writeFileSync('docs/guarantees.md', await page())
