// Lint rules for TypeScript, Svelte and the scripts beside them; `npm run lint` allows no warning.
import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'
import config from './svelte.config.js'

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/lib/api/types.ts', 'browser/shots'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig: config } },
    // a space at the start of a block is trimmed unless it stands in braces
    rules: { 'svelte/no-navigation-without-resolve': 'off', 'svelte/no-useless-mustaches': 'off' },
  },
  { files: ['browser/**', 'tools/**'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  { files: ['public/**'], languageOptions: { globals: globals.serviceworker } },
  { rules: { 'no-console': 'error', eqeqeq: 'error', 'no-unsanitized': 'off' } },
  { files: ['browser/**', 'tools/**'], rules: { 'no-console': 'off' } },
)
