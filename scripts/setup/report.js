const BEAT_MS = 15_000;
const TTY_BEAT_MS = 500;

/**
 * Says what the set-up is doing: one line when a step begins, one with its time when it ends, and a sign of life in between.
 * @param {NodeJS.WriteStream} stream
 */
export function createReport(stream = process.stdout) {
	return {
		/** @param {string} text */
		say(text) {
			stream.write(`${text}\n`);
		},

		/**
		 * Runs one step. `work` gets a function that takes the newest line of output, for the signs of life.
		 * @template T
		 * @param {string} title
		 * @param {(note: (line: string) => void) => Promise<T>} work
		 * @returns {Promise<T>}
		 */
		async step(title, work) {
			const startedAt = Date.now();
			let newest = '';
			const elapsed = () => formatSeconds(Date.now() - startedAt);
			const draw = () => {
				const line = `  ${title} … ${elapsed()}${newest === '' ? '' : `  ${newest}`}`;
				if (stream.isTTY) stream.write(`\r\u001b[K${line.slice(0, Math.max(20, stream.columns - 1))}`);
				else stream.write(`${line.slice(0, 200)}\n`);
			};
			draw();
			const timer = setInterval(draw, stream.isTTY ? TTY_BEAT_MS : BEAT_MS);
			try {
				const result = await work((line) => (newest = line.trim()));
				stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}✓ ${title} (${elapsed()})\n`);
				return result;
			} catch (error) {
				stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}✗ ${title} (${elapsed()})\n`);
				throw error;
			} finally {
				clearInterval(timer);
			}
		},
	};
}

/** @typedef {ReturnType<typeof createReport>} Report */

/** @param {number} ms */
export function formatSeconds(ms) {
	const seconds = ms / 1000;
	if (seconds < 60) return `${seconds.toFixed(1)} s`;
	return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
}
