export const PASSWORD_MIN_LENGTH = 12;
export const PASSWORD_MAX_LENGTH = 256;

/** Why a person may not use a password; null when they may. */
export const passwordProblems = ['short', 'long', 'email', 'common', 'simple'] as const;
export type PasswordProblem = (typeof passwordProblems)[number];

/** 0 useless, 1 weak, 2 fair, 3 good, 4 strong. */
export type StrengthScore = 0 | 1 | 2 | 3 | 4;

const commonWords = [
	...['password', 'passwort', 'motdepasse', 'contrasena', 'contraseña', 'senha', 'nenosiri', 'passphrase'],
	...['qwerty', 'qwertyuiop', 'azerty', 'azertyuiop', 'qwertz', 'asdfghjkl', 'zxcvbnm', 'letmein', 'welcome'],
	...['bienvenue', 'bienvenido', 'bemvindo', 'karibu', 'admin', 'administrator', 'iloveyou', 'jetaime'],
	...['tequiero', 'teamo', 'monkey', 'dragon', 'football', 'baseball', 'superman', 'batman', 'sunshine'],
	...['princess', 'master', 'shadow', 'changeme', 'changeit', 'secret', 'database', 'postgres', 'docker'],
	...['server', 'login', 'access', 'trustno', 'starwars', 'pokemon', 'whatever', 'internet', 'computer'],
	...['correcthorsebatterystaple', 'test', 'testing', 'default', 'root', 'user', 'hello', 'summer', 'winter'],
];

const rows = [
	'abcdefghijklmnopqrstuvwxyz',
	'01234567890',
	'qwertyuiop',
	'asdfghjkl',
	'zxcvbnm',
	'azertyuiop',
];

const lookalikes: Record<string, string> = {
	'0': 'o',
	'1': 'i',
	'3': 'e',
	'4': 'a',
	'5': 's',
	'7': 't',
	'@': 'a',
	$: 's',
};

const unleet = (text: string) =>
	text.replace(/[013457@$]/g, (character) => lookalikes[character] ?? character);

const longestFirst = [...commonWords].sort((a, b) => b.length - a.length);

/** Common words in one row, with at most digits and signs around and between them. */
function isCommon(lower: string): boolean {
	const withoutTail = lower.replace(/[^\p{L}]+$/u, '');
	return [lower, unleet(lower), unleet(withoutTail)].some((text) => {
		let letters = text.replace(/[^\p{L}]/gu, '');
		if (letters.length === 0) return false;
		for (const word of longestFirst) letters = letters.replaceAll(word, '');
		return letters.length === 0;
	});
}

/** The shortest unit that the whole text repeats, such as `abc` for `abcabcabca`. */
function repeatedUnit(text: string): string {
	for (let size = 1; size <= text.length / 2; size += 1) {
		const unit = text.slice(0, size);
		if (text === unit.repeat(Math.ceil(text.length / size)).slice(0, text.length)) return unit;
	}
	return text;
}

/** Characters that cannot be foretold from the two before them (same again, next in a row of the keyboard or the alphabet). */
function surprisingLength(lower: string): number {
	let count = 0;
	for (let index = 0; index < lower.length; index += 1) {
		const tail = lower.slice(Math.max(0, index - 2), index + 1);
		const reversed = [...tail].reverse().join('');
		const isForetold =
			tail.length === 3 &&
			(/^(.)\1\1$/.test(tail) || rows.some((row) => row.includes(tail) || row.includes(reversed)));
		if (!isForetold) count += 1;
	}
	return count;
}

function isSimple(lower: string): boolean {
	return new Set(lower).size < 5 || repeatedUnit(lower).length <= 4 || surprisingLength(lower) < 6;
}

function containsEmail(lower: string, email: string): boolean {
	const address = email.trim().toLowerCase();
	const name = address.split('@')[0] ?? '';
	if (address.length > 0 && lower.includes(address)) return true;
	return name.length >= 4 && lower.includes(name);
}

/** What forbids this password for the owner of that e-mail address (empty when there is none), or null. */
export function passwordProblem(password: string, email: string): PasswordProblem | null {
	const lower = password.toLowerCase();
	if ([...password].length < PASSWORD_MIN_LENGTH) return 'short';
	if (password.length > PASSWORD_MAX_LENGTH) return 'long';
	if (containsEmail(lower, email)) return 'email';
	if (isCommon(lower)) return 'common';
	if (isSimple(lower)) return 'simple';
	return null;
}

function alphabetSize(password: string): number {
	let size = 0;
	if (/[a-z]/.test(password)) size += 26;
	if (/[A-Z]/.test(password)) size += 26;
	if (/[0-9]/.test(password)) size += 10;
	if (/[^a-zA-Z0-9]/.test(password)) size += 33;
	return Math.max(size, 1);
}

/** A rough, pessimistic estimate in bits: what can be foretold counts for nothing, common words for next to nothing. */
export function estimateBits(password: string): number {
	if (password.length === 0) return 0;
	const lower = password.toLowerCase();
	const unit = repeatedUnit(lower);
	const length = surprisingLength(unit) + (unit.length < lower.length ? 1 : 0);
	const bits = length * Math.log2(alphabetSize(password));
	return isCommon(lower) ? Math.min(bits, 20) : bits;
}

/** For a meter beside the field. */
export function passwordStrength(password: string): StrengthScore {
	const bits = estimateBits(password);
	if (bits < 28) return 0;
	if (bits < 45) return 1;
	if (bits < 60) return 2;
	if (bits < 80) return 3;
	return 4;
}
