/** Where an app connects. `database` null: the engine's default one. `password` null: a place-holder is shown, or it is asked for. */
export type ConnectionFacts = {
	host: string;
	port: number;
	user: string;
	password: string | null;
	database: string | null;
};

export const snippetLanguages = ['node', 'python', 'php', 'laravel'] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

/** Ready to paste; nothing in it means anything else to the program it is for, whatever the name and password hold. */
export type ConnectionText = {
	uri: string;
	command: string;
	env: string;
	snippets: { language: SnippetLanguage; code: string }[];
};

export const PASSWORD_PLACEHOLDER = 'PASSWORD';
