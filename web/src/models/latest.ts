// Questions that come faster than answers: one is under way at a time, and of those that wait only the latest is asked.

export class Latest<Question, Answer> {
    private next: Question | undefined;
    private is_asking = false;

    constructor(
        private readonly ask: (question: Question) => Promise<Answer>,
        /** Called with what was asked last, or was when it was asked. */
        private readonly tell: (answer: Answer) => void,
    ) {}

    put(question: Question): void {
        this.next = question;
        if (!this.is_asking) {
            void this.go_on();
        }
    }

    /** What is under way is not told any more. */
    drop(): void {
        this.next = undefined;
        this.turn += 1;
    }

    private turn = 0;

    private async go_on(): Promise<void> {
        this.is_asking = true;
        while (this.next !== undefined) {
            const question = this.next;
            this.next = undefined;
            const turn = this.turn;
            const answer = await this.ask(question);
            if (turn === this.turn) {
                this.tell(answer);
            }
        }
        this.is_asking = false;
    }
}
