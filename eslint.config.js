import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import noSecretInArgv from './scripts/lint/no-secret-in-argv.js';
import noShell from './scripts/lint/no-shell.js';
import { roomRules } from './scripts/lint/rooms.js';
import svelteConfig from './svelte.config.js';

export default ts.config(
	{
		ignores: [
			'build/',
			'.svelte-kit/',
			'node_modules/',
			'src/lib/i18n/generated/',
			'coverage/',
			'test-results/',
			'data/',
		],
	},
	js.configs.recommended,
	...ts.configs.recommended,
	...svelte.configs.recommended,
	prettier,
	...svelte.configs.prettier,
	{
		languageOptions: { globals: { ...globals.browser, ...globals.node } },
		plugins: { sh0: { rules: { 'no-shell': noShell, 'no-secret-in-argv': noSecretInArgv } } },
		rules: {
			'sh0/no-shell': 'error',
			'sh0/no-secret-in-argv': 'error',
			'no-undef': 'off',
			'no-console': 'off',
			eqeqeq: ['error', 'always'],
			'@typescript-eslint/no-non-null-assertion': 'error',
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
			'svelte/no-navigation-without-resolve': 'off',
			'svelte/no-at-html-tags': 'error',
			// It cannot see which of them nothing renders; what is rendered is state by review.
			'svelte/prefer-svelte-reactivity': 'off',
		},
	},
	{
		files: ['src/**/*.ts'],
		languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
		rules: {
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/no-misused-promises': 'error',
			'@typescript-eslint/switch-exhaustiveness-check': 'error',
		},
	},
	{
		files: ['src/lib/server/**/*.ts'],
		ignores: ['src/lib/server/cli/**', 'src/lib/server/testing/**', '**/*.test.ts'],
		rules: { 'no-console': 'error' },
	},
	{
		// Without types: svelte-check looks at them, and here each component would cost a type-check of its own.
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
	},
	{
		// Playwright reads a fixture's needs from its first parameter, which must be a pattern even when there are none.
		files: ['e2e/fixtures.ts'],
		rules: { 'no-empty-pattern': 'off' },
	},
	...roomRules(),
);
