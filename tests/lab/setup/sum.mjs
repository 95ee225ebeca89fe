// Adds up reports of vitest: `node tests/lab/setup/sum.mjs FAILED_PHASES FILE…`. Prints how many
// passed and failed; a report that is missing, or failed without naming a test, is one failure.
import { readFileSync } from 'node:fs'

const [failedPhases, ...files] = process.argv.slice(2)

function read(file) {
  try {
    const {
      numPassedTests: passed,
      numFailedTests,
      success,
    } = JSON.parse(readFileSync(file, 'utf8'))
    return { passed, failed: success ? 0 : Math.max(1, numFailedTests) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

const reports = files.map(read)
const passed = reports.reduce((sum, report) => sum + report.passed, 0)
const failed = reports.reduce((sum, report) => sum + report.failed, Number(failedPhases))
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
