// Entries of a codebook and the vectors of a map. One self-contained function, since a worker is made from its text.

export const makeLookup = () => {
  // At each place of a flat map (depth, places), the entry of a codebook (entries, depth) that is nearest.
  const nearest = (map, book, depth) => {
    const [places, count] = [map.length / depth, book.length / depth];
    const entries = new Uint16Array(places);
    for (let p = 0; p < places; p++) {
      let least = Infinity;
      for (let k = 0; k < count; k++) {
        let distance = 0;
        for (let d = 0; d < depth; d++) distance += (map[d * places + p] - book[k * depth + d]) ** 2;
        if (distance < least) [least, entries[p]] = [distance, k];
      }
    }
    return entries;
  };

  // The flat map of these entries, laid out as a decoder takes it.
  const vectors = (entries, book, depth, places = entries.length) => {
    const map = new Float32Array(depth * places);
    for (let p = 0; p < places; p++) {
      for (let d = 0; d < depth; d++) map[d * places + p] = book[entries[p] * depth + d];
    }
    return map;
  };

  return { nearest, vectors };
};
export const lookup = makeLookup();
