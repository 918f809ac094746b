// Keeps the built pages in the browser, so that a tablet without a connection opens them. The unit's answers are never kept here:
// what is true now comes from the unit, what waits to be sent stands in IndexedDB.
const CACHE = 'socium-pages'
const FILES_MAX = 120

self.addEventListener('install', (event) => event.waitUntil(keepFirst().then(() => self.skipWaiting())))
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { method, url } = event.request
  const { origin, pathname } = new URL(url)
  const isPage = pathname === '/' || pathname === '/index.html' || pathname.startsWith('/assets/') || pathname.endsWith('.svg')
  if (method === 'GET' && origin === self.location.origin && isPage) event.respondWith(newest(event.request))
})

/** The first page with the files it names. */
async function keepFirst() {
  const cache = await caches.open(CACHE)
  const answer = await fetch('/')
  const html = await answer.clone().text()
  await cache.put('/', answer)
  const files = [...html.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+)"/g)].map((found) => `/${found[1]}`)
  await cache.addAll(files)
}

/** From the unit where it answers, else as it was. */
async function newest(request) {
  const cache = await caches.open(CACHE)
  try {
    const answer = await fetch(request)
    if (answer.ok) await keep(cache, request, answer.clone())
    return answer
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true })
    if (kept !== undefined) return kept
    throw error
  }
}

async function keep(cache, request, answer) {
  await cache.put(request, answer)
  const keys = await cache.keys()
  for (const old of keys.slice(0, Math.max(0, keys.length - FILES_MAX))) await cache.delete(old)
}
