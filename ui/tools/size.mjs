// Prints the size of the built app: each file raw and gzipped, and the sum fetched before the first chart.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const folder = new URL('../dist/assets/', import.meta.url)
let first = 0
for (const name of readdirSync(folder)) {
  const bytes = readFileSync(new URL(name, folder))
  const zipped = gzipSync(bytes, { level: 9 }).length
  if (!name.startsWith('chart')) first += zipped
  console.log(`${name.padEnd(28)} ${String(bytes.length).padStart(8)} ${String(zipped).padStart(8)} gzip`)
}
console.log(`${'before the first chart'.padEnd(28)} ${''.padStart(8)} ${String(first).padStart(8)} gzip`)
