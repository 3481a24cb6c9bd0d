// What a course of small steps comes to, without a pause.
export function finish<Result>(course: Generator<undefined, Result>): Result {
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}
