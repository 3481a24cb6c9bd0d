// Numbers for names, the same from tick to tick: what belongs to a name is found in an array, not by hashing its text again.

/** A seat for each namespace and name, given once and never to another. */
export class Seats {
  readonly #namespaces: string[] = [];
  readonly #names: string[] = [];
  readonly #byName = new Map<string, Map<string, number>>();

  get size(): number {
    return this.#names.length;
  }

  isOf(seat: number, namespace: string, name: string): boolean {
    return this.#names[seat] === name && this.#namespaces[seat] === namespace;
  }

  seatOf(namespace: string, name: string): number {
    let names = this.#byName.get(namespace);
    if (names === undefined) this.#byName.set(namespace, (names = new Map<string, number>()));
    let seat = names.get(name);
    if (seat === undefined) {
      seat = this.#names.length;
      names.set(name, seat);
      this.#names.push(name);
      this.#namespaces.push(namespace);
    }
    return seat;
  }
}

/** Whose number somebody has asked for, by seat: such numbers are read while the answer is at hand, others when they are asked for. */
export class Asked {
  #seats = new Uint8Array(0);

  has(seat: number): boolean {
    return this.#seats[seat] === 1;
  }

  add(seat: number): void {
    if (seat >= this.#seats.length) {
      const more = new Uint8Array(2 * seat + 64);
      more.set(this.#seats);
      this.#seats = more;
    }
    this.#seats[seat] = 1;
  }
}

/**
 * Who came after whom the last time. Lists and answers come in nearly the same order tick after tick: the one that is
 * expected next is compared, and only who is not that one is looked up.
 */
export class Order {
  readonly seats: Seats;
  readonly asked = new Asked();
  #last: Int32Array = new Int32Array(0);
  #now: Int32Array = new Int32Array(0);
  #length = 0;
  #expected = 0;
  /** where each seat came the last time */
  #places: Int32Array = new Int32Array(0);

  constructor(seats: Seats) {
    this.seats = seats;
  }

  /** How many have come. */
  get length(): number {
    return this.#length;
  }

  /** At most so many will come. */
  begin(most: number): void {
    this.#last = this.#now.subarray(0, this.#length);
    this.#now = new Int32Array(most);
    [this.#length, this.#expected] = [0, 0];
    if (this.#places.length < this.seats.size) this.#places = new Int32Array(this.seats.size);
    for (let place = 0; place < this.#last.length; place++) this.#places[this.#last[place] ?? 0] = place;
  }

  next(namespace: string, name: string): number {
    let seat = this.#last[this.#expected];
    if (seat !== undefined && this.seats.isOf(seat, namespace, name)) this.#expected += 1;
    else {
      seat = this.seats.seatOf(namespace, name);
      const place = this.#places[seat] ?? 0;
      // Somebody new changes nothing in who is expected next.
      if (this.#last[place] === seat) this.#expected = place + 1;
    }
    this.#now[this.#length++] = seat;
    return seat;
  }
}
