// The explorer's parts. Those that a notebook's explorer has as well are started here.
import './actions.js';
import './holes.js';
import './shift.js';
import './posterior.js';
import './codes.js';
import { startDial } from './dial.js';
import { startDimensions } from './dimensions.js';
import { startPads } from './pad.js';
import { explorer } from './place.js';
import { points } from './points.js';
import { take } from './walk.js';

if (explorer && points) {
  startPads(explorer, points, take);
  startDial(explorer, points.labels);
  startDimensions(explorer);
}
