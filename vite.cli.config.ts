import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { dependencies } from './package.json' with { type: 'json' };

/** The command line: one file for Node, with everything of ours in it and the dependencies outside. */
export default defineConfig({
	resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
	ssr: { external: Object.keys(dependencies) },
	build: {
		ssr: 'src/lib/server/cli/main.ts',
		outDir: 'build/cli',
		emptyOutDir: true,
		minify: false,
		target: 'node20',
		rollupOptions: { output: { entryFileNames: 'main.js' } },
	},
});
