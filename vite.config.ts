import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';
import { paraglideOptions } from './scripts/paraglide.js';
import { LongestFirst } from './src/lib/server/testing/longest-first';
import { webSocketDoor } from './scripts/vite-websocket-door.js';

const alias = { $lib: new URL('./src/lib', import.meta.url).pathname };

export default defineConfig({
	plugins: [tailwindcss(), paraglideVitePlugin(paraglideOptions), sveltekit(), webSocketDoor()],
	test: {
		sequence: { sequencer: LongestFirst },
		projects: [
			{
				resolve: { alias },
				test: {
					name: 'unit',
					include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
					exclude: ['**/*.docker.test.ts', '**/*.built.test.ts'],
					environment: 'node',
					// A loaded machine is slow, not wrong.
					testTimeout: 20_000,
					expect: { poll: { timeout: 15_000 } },
				},
			},
			{
				resolve: { alias },
				test: {
					name: 'integration',
					// `built` tests run against the built app; `docker` tests need a real engine.
					include: ['{src,scripts}/**/*.{docker,built}.test.ts'],
					environment: 'node',
					// Many times what a test takes: the machines that run this are shared.
					testTimeout: 300_000,
					expect: { poll: { timeout: 30_000 } },
					hookTimeout: 600_000,
					// One more than the cores of a small machine: some wait for their engine most of the time.
					maxWorkers: 3,
				},
			},
		],
	},
});
