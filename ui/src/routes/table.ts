// The route table: one line per page. A newcomer adds `routes/<name>/Page.svelte`, one import and one line here, and the
// words `nav.<name>` in both languages.
import type { Component } from 'svelte'
import type { Role } from '../lib/me.svelte'
import type { IconName } from '../lib/icons'
import About from './about/Page.svelte'
import Account from './account/Page.svelte'
import Audit from './audit/Page.svelte'
import Configure from './configure/Page.svelte'
import Connect from './connect/Page.svelte'
import Data from './data/Page.svelte'
import Decision from './decision/Page.svelte'
import Decisions from './decisions/Page.svelte'
import Energy from './energy/Page.svelte'
import Hand from './hand/Page.svelte'
import Losses from './losses/Page.svelte'
import Machine from './machine/Page.svelte'
import Machines from './machines/Page.svelte'
import Order from './order/Page.svelte'
import Orders from './orders/Page.svelte'
import Outlook from './outlook/Page.svelte'
import Plan from './plan/Page.svelte'
import People from './people/Page.svelte'
import RecordPage from './record/Page.svelte'
import SignIn from './sign-in/Page.svelte'
import Station from './station/Page.svelte'
import Unit from './unit/Page.svelte'
import Welcome from './welcome/Page.svelte'

export interface Route {
  /** Folder of the page, and the key of its title, `nav.<name>`. */
  name: string
  /** Address after the `#`; `:x` is a part the page reads. */
  path: string
  page: Component
  /** Shown in the navigation with this icon. */
  icon?: IconName
  /** Which of the two lists of the navigation. */
  list?: 'main' | 'more'
  /** Page of the navigation that is marked while this one is shown. */
  under?: string
  /** Least role that may open it. */
  role?: Role
  /** Shown without being signed in, and without the frame. */
  bare?: true
}

export const ROUTES: readonly Route[] = [
  { name: 'unit', path: '/', page: Unit, icon: 'unit', list: 'main' },
  { name: 'machines', path: '/machines', page: Machines, icon: 'machines', list: 'main' },
  { name: 'machine', path: '/machines/:machine', page: Machine, under: 'machines' },
  { name: 'losses', path: '/losses', page: Losses, icon: 'losses', list: 'main' },
  { name: 'decisions', path: '/decisions', page: Decisions, icon: 'decisions', list: 'main' },
  { name: 'decision', path: '/decisions/:id', page: Decision, under: 'decisions' },
  { name: 'energy', path: '/energy', page: Energy, icon: 'energy', list: 'main' },
  { name: 'configure', path: '/configure', page: Configure, icon: 'configure', list: 'main' },
  { name: 'orders', path: '/orders', page: Orders, icon: 'orders', list: 'main' },
  { name: 'order', path: '/orders/:order', page: Order, under: 'orders' },
  { name: 'outlook', path: '/outlook', page: Outlook, icon: 'outlook', list: 'main' },
  { name: 'plan', path: '/plan', page: Plan, icon: 'plan', list: 'main' },
  { name: 'data', path: '/data', page: Data, icon: 'data', list: 'main' },
  { name: 'hand', path: '/hand', page: Hand, icon: 'hand', list: 'main', role: 'operator' },
  { name: 'station', path: '/station', page: Station, icon: 'station', list: 'main', role: 'operator' },
  { name: 'record', path: '/records/:id', page: RecordPage, under: 'unit' },
  { name: 'connect', path: '/connect', page: Connect, icon: 'link', list: 'more', role: 'engineer' },
  { name: 'people', path: '/people', page: People, icon: 'people', list: 'more', role: 'admin' },
  { name: 'audit', path: '/audit', page: Audit, icon: 'audit', list: 'more', role: 'engineer' },
  { name: 'about', path: '/about', page: About, icon: 'about', list: 'more' },
  { name: 'account', path: '/account', page: Account },
  { name: 'sign-in', path: '/sign-in', page: SignIn, bare: true },
  { name: 'welcome', path: '/welcome', page: Welcome, bare: true },
]
