// Writes `src/style/dark.css` (dark by choice) from the dark block of `tokens.css` (dark by the system), so that both are one.
// `--check` only compares and exits 1 where they differ.
import { readFileSync, writeFileSync } from 'node:fs'

const here = (name) => new URL(`../src/style/${name}`, import.meta.url)
const block = /:root:not\(\[data-theme='light'\]\) \{\n([\s\S]*?)\n {2}\}/.exec(readFileSync(here('tokens.css'), 'utf8'))
if (block === null) throw new Error('tokens.css has no dark block')
const lines = block[1].split('\n').map((line) => line.replace(/^ {2}/, ''))
const text = `/* Made by \`npm run dark\` from the dark block of tokens.css; do not edit. */\n:root[data-theme='dark'] {\n${lines.join('\n')}\n}\n`
if (process.argv.includes('--check')) {
  if (readFileSync(here('dark.css'), 'utf8') !== text) {
    console.error('src/style/dark.css is not what tokens.css says; run `npm run dark`')
    process.exit(1)
  }
} else writeFileSync(here('dark.css'), text)
