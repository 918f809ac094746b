// What the browser tests share: Chromium, signing in once, waiting for content, and noting all that goes wrong on a page.
// Enters: SOCIUM_URL (address of a running unit), SOCIUM_LOGIN (its one-time address) or SOCIUM_NAME and SOCIUM_PASSWORD,
// CHROMIUM (path), SOCIUM_SHOTS (folder for screenshots). Absent: any knowledge of what the unit contains.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
export const PATIENCE_MS = 45_000
/** A password for the session opened by the one-time address. */
const PASSWORD = 'Lathe-Harbour-Violet-Seven'

const login = process.env.SOCIUM_LOGIN ?? ''
export const base = (process.env.SOCIUM_URL ?? (login === '' ? '' : new URL(login).origin)).replace(/\/$/, '')
export const shots = process.env.SOCIUM_SHOTS ?? fileURLToPath(new URL('./shots', import.meta.url))
if (base === '') throw new Error('say where the unit is: SOCIUM_URL=http://127.0.0.1:PORT and SOCIUM_LOGIN=<the one-time address it printed>, or SOCIUM_NAME and SOCIUM_PASSWORD')
mkdirSync(shots, { recursive: true })

let browser
let state

const kept = `${shots}/session.json`

/** The session kept by an earlier test file of this run, where it still holds: a one-time address opens only once. */
async function earlier() {
  if (!existsSync(kept)) return undefined
  const context = await browser.newContext({ storageState: kept })
  const answer = await context.request.get(`${base}/api/v1/session`).catch(() => undefined)
  await context.close()
  return answer?.ok() ? JSON.parse(readFileSync(kept, 'utf8')) : undefined
}

/** Starts Chromium and signs in once; later contexts and test files carry the session on. */
export async function start() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  state = await earlier()
  if (state !== undefined) return
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  if (login !== '') await byToken(page)
  else await byPassword(page)
  await page.waitForSelector('nav a[aria-current]')
  state = await context.storageState({ path: kept })
  await context.close()
}

async function byToken(page) {
  await page.goto(login)
  const first = page.locator('input[autocomplete=new-password]').first()
  await first.waitFor()
  await shoot(page, 'welcome-en')
  assert.ok(!page.url().includes('token='), 'the token must not stay in the address')
  await first.fill(PASSWORD)
  await page.locator('input[autocomplete=new-password]').nth(1).fill(PASSWORD)
  await page.locator('button[type=submit]').click()
}

async function byPassword(page) {
  await page.goto(`${base}/#/sign-in`)
  await page.locator('input[autocomplete=username]').fill(process.env.SOCIUM_NAME ?? '')
  await page.locator('input[type=password]').fill(process.env.SOCIUM_PASSWORD ?? '')
  await page.locator('button[type=submit]').click()
}

export async function stop() {
  await browser?.close()
}

/** A signed-in page of a language, size and colour scheme, with the list of what went wrong on it. */
export async function open({ language = 'en', width = 1440, height = 900, dark = false, intro = false, still = false } = {}) {
  const context = await browser.newContext({
    storageState: state,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: still ? 'reduce' : 'no-preference',
    hasTouch: width < 900,
  })
  await context.addInitScript((read) => localStorage.setItem('socium.intro', read), intro ? '' : 'read')
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const wrong = []
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`))
  page.on('requestfailed', (request) => {
    // streams and fetches are broken off when a page is left
    if (!/ERR_ABORTED/.test(request.failure()?.errorText ?? '')) wrong.push(`request: ${request.url()} ${request.failure()?.errorText}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) wrong.push(`foreign request: ${request.url()}`)
  })
  return { context, page, wrong }
}

/** Goes to an address and waits until the page shows its content: title, no more "Fetching", figures of the unit. */
export async function visit(page, hash) {
  await page.goto(`${base}/#${hash}`)
  await page.waitForSelector('main h1')
  await page.waitForFunction(() => !/^(Fetching|正在读取|Connecting|正在连接)/m.test(document.querySelector('main')?.innerText ?? ''), undefined, { timeout: PATIENCE_MS })
}

/** No error on the page, no code without words, nothing wider than the window. */
export async function sound(page, wrong, name) {
  assert.deepEqual(wrong, [], `${name}: errors on the page`)
  const missing = await page.evaluate(() => document.documentElement.dataset.missing ?? '')
  if (process.env.SOCIUM_MADE_UP !== '1') assert.equal(missing, '', `${name}: codes without words`)
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(over <= 0, `${name}: ${over} px wider than the window`)
  const trouble = await page.locator('.trouble').allInnerTexts()
  assert.deepEqual(trouble, [], `${name}: refusals shown`)
}

export async function shoot(page, name, full = true) {
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: full })
}

/** A question to the interface in the session of a page. */
export function asked(page, path) {
  return page.evaluate(async (p) => (await fetch(`/api/v1${p}`)).json(), path)
}
