// Starts the app.
import { mount } from 'svelte'
import App from './App.svelte'
import './style/tokens.css'
import './style/dark.css'
import './style/base.css'

const target = document.getElementById('app')
if (target !== null) mount(App, { target })
// a browser that forbids it only needs a connection to open the pages
if ('serviceWorker' in navigator && !import.meta.env.DEV) navigator.serviceWorker.register('/sw.js').catch(() => undefined)
