/** 0 empty, 1 weak, 2 fair, 3 good, 4 strong. */
export type Strength = 0 | 1 | 2 | 3 | 4;

const common = /pass(word)?|qwert[yz]?|azerty|admin|letmein|welcome|secret|dragon|monkey|iloveyou|sh0/gi;
const classes: readonly [RegExp, number][] = [
	[/[a-z]/, 26],
	[/[A-Z]/, 26],
	[/[0-9]/, 10],
	[/ /, 1],
	[/[!-/:-@[-`{-~]/, 32],
	[/[^ -~]/, 100],
];

/** How many characters still count when words, repeats and runs such as `abc` or `321` count as one. */
function surprisingLength(password: string): number {
	const shortened = [...password.replace(common, '*')];
	let length = 0;
	let step: number | undefined;
	shortened.forEach((character, index) => {
		const before = shortened[index - 1];
		const next =
			before === undefined ? undefined : (character.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
		const goesOn = next !== undefined && Math.abs(next) <= 1 && next === step;
		length += goesOn ? 0.2 : 1;
		step = next;
	});
	return length;
}

/** A rough estimate in bits, made to warn people, not to prove anything. The server has the last word. */
export function passwordBits(password: string): number {
	const alphabet = classes.reduce((sum, [pattern, size]) => (pattern.test(password) ? sum + size : sum), 0);
	return alphabet === 0 ? 0 : surprisingLength(password) * Math.log2(alphabet);
}

/** The estimate as five steps; 50 bits are `good`, 70 are `strong`. */
export function passwordStrength(password: string): Strength {
	if (password === '') return 0;
	const bits = passwordBits(password);
	if (bits < 32) return 1;
	if (bits < 50) return 2;
	return bits < 70 ? 3 : 4;
}
