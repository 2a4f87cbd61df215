// The explorer's parts, in the order in which they draw.
import './pad.js';
import './dimensions.js';
import './codes.js';
