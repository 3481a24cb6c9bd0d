// What the benchmark's own repository says of the detectors that are stored in it, by profile: standard, low FP, low FN.

export const published: readonly (readonly [name: string, standard: number, lowFalse: number, lowMissed: number])[] = [
  ['ARTime', 74.9, 65.2, 80.4],
  ['Numenta HTM', 70.1, 63.1, 74.3],
  ['ContextOSE', 69.9, 67.0, 73.2],
  ['Earthgecko Skyline', 58.2, 46.2, 63.8],
  ['KNN-CAD', 58.0, 43.4, 64.8],
  ['Relative Entropy', 54.6, 47.6, 58.8],
  ['Random Cut Forest', 51.7, 38.4, 59.7],
  ['Twitter ADVec', 47.1, 33.6, 53.5],
  ['Windowed Gaussian', 39.6, 20.9, 47.4],
  ['Etsy Skyline', 35.7, 27.1, 44.5],
  ['Random', 16.8, 5.8, 25.9],
  ['EXPoSE', 16.4, 3.2, 26.9],
];
