// The explorer's parts, in the order in which they draw.
import './actions.js';
import './holes.js';
import './pad.js';
import './shift.js';
import './posterior.js';
import './dimensions.js';
import './codes.js';
