export function subjectProblem(message: string): string | undefined;
