import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
	kit: {
		adapter: adapter({ out: 'build' }),
		csp: {
			mode: 'nonce',
			directives: {
				'default-src': ['self'],
				'script-src': ['self'],
				'style-src': ['self', 'unsafe-inline'],
				'img-src': ['self', 'data:', 'blob:'],
				'connect-src': ['self'],
				'object-src': ['none'],
				'base-uri': ['self'],
				'form-action': ['self'],
				'frame-ancestors': ['none'],
			},
		},
		version: { pollInterval: 0 },
		typescript: {
			// Stories and scripts are held to the same types; the two programs that import the build are not there before it is.
			config: (config) => ({
				...config,
				include: [...config.include, '../e2e/**/*', '../scripts/**/*', '../playwright.config.ts'],
				exclude: [...config.exclude, '../scripts/sh0.js', '../scripts/start.js'],
			}),
		},
	},
};
