// Adds up reports of vitest: `node tests/lab/setup/sum.mjs FAILED_PHASES FILE…`. Prints each test
// that failed in a line, those of one file together, and how many passed and failed; a report that
// is missing, or failed without naming a test, is one failure.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const LONGEST = 300

const [failedPhases, ...files] = process.argv.slice(2)

function read(file) {
  try {
    const {
      numPassedTests: passed,
      numFailedTests,
      success,
      testResults,
    } = JSON.parse(readFileSync(file, 'utf8'))
    const failed = success ? 0 : Math.max(1, numFailedTests)
    return { passed, failed, lines: success ? [] : testResults.flatMap(failuresOf) }
  } catch (error) {
    return { passed: 0, failed: 1, lines: [`${file}: ${firstLine(error.message)}`] }
  }
}

/** What failed in a file: the file as a whole, where it did not come to its tests, or each test. */
function failuresOf({ name, message, status, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed')
  const file = relative('.', name)
  if (status === 'failed' && failed.length === 0) return [`${file}: ${firstLine(message)}`]
  return failed.map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`)
}

const firstLine = (text = '') => text.split('\n', 1)[0].slice(0, LONGEST)

const reports = files.map(read)
const passed = reports.reduce((sum, report) => sum + report.passed, 0)
const failed = reports.reduce((sum, report) => sum + report.failed, Number(failedPhases))
for (const line of reports.flatMap((report) => report.lines)) console.log(`failed: ${line}`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
