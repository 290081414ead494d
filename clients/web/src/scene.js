/** The stage: lights, a camera that goes where the dancer goes, and as wanted a dark floor, a soft shadow and a sky. */

import {
  ACESFilmicToneMapping,
  BackSide,
  CircleGeometry,
  Color,
  DirectionalLight,
  Group,
  LightProbe,
  Mesh,
  PCFShadowMap,
  PerspectiveCamera,
  Scene,
  ShaderMaterial,
  ShadowMaterial,
  SphereGeometry,
  SphericalHarmonics3,
  SpotLight,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

/**
 * What the picture holds at least, how high its middle is, where it is looked at from, and which bone it follows, up
 * and down too if that is wanted; the camera needs `followS` to catch up.
 * @typedef {{heightM: number, widthM: number, middleM: number, leftRad: number, aboveRad: number, bone: string, upAndDown: boolean, followS: number}} Framing
 */

/** The whole figure, its middle a little low: words stand under its feet. */
const WITH_WORDS = { heightM: 2.5, widthM: 1.75, middleM: 0.85, leftRad: 0.16, aboveRad: 0.07, bone: "hips", upAndDown: false, followS: 0.35 };

/** The page's own look. */
export const ON_STAGE = { framing: WITH_WORDS, sky: true, floor: true, shadow: true, controls: true };

const FLOOR_RADIUS_M = 9;
const FARTHEST_M = 12; // that the person can go away; a crew is looked at from where all are seen
const KEY_RAD = 0.42; // half of what the key light covers
const WIDEST_KEY_RAD = 1.1;
const KEY_AWAY_M = 6;
const LARGEST_PIXEL_RATIO = 2;
const SMALLEST_PIXEL_RATIO = 0.6;
const SLOW_FPS = 38;
const WORTH_IT = 1.1; // fewer pixels must bring so many more frames, else the picture was not the reason

const FLOOR_VERTEX = `
  varying vec2 place;
  void main() {
    place = (modelMatrix * vec4(position, 1.0)).xz;
    gl_Position = projectionMatrix * viewMatrix * modelMatrix * vec4(position, 1.0);
  }`;

const FLOOR_FRAGMENT = `
  varying vec2 place;
  uniform vec2 dancer;
  uniform float pulse;
  uniform vec3 pool;
  uniform vec3 line;
  uniform float radius;
  float grid(vec2 p, float wide) {
    vec2 d = abs(fract(p - 0.5) - 0.5) / fwidth(p);
    return 1.0 - min(min(d.x, d.y) / wide, 1.0);
  }
  void main() {
    float far = length(place - dancer);
    float fade = 1.0 - smoothstep(0.12 * radius, 0.8 * radius, far);
    float light = exp(-far * far * 0.28);
    vec3 colour = vec3(0.0075, 0.0085, 0.0125) * fade + pool * light * (0.85 + 0.35 * pulse);
    float lines = 0.55 * grid(place, 1.1) + 0.18 * grid(place * 4.0, 1.0);
    colour += line * lines * fade * exp(-far * 0.42) * (0.75 + 0.6 * pulse);
    float ring = abs(far - 1.15 - 0.25 * (1.0 - pulse)) / max(fwidth(far), 0.004);
    colour += line * 2.2 * pulse * pulse * (1.0 - min(ring / 2.2, 1.0));
    gl_FragColor = vec4(colour, fade);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
  }`;

const SKY_FRAGMENT = `
  varying vec3 way;
  float grain(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453); }
  void main() {
    vec3 d = normalize(way);
    float h = d.y;
    vec3 colour = mix(vec3(0.0115, 0.0125, 0.020), vec3(0.0035, 0.0040, 0.0065), smoothstep(-0.05, 0.55, h));
    colour += vec3(0.020, 0.014, 0.034) * exp(-abs(h - 0.04) * 6.0);
    gl_FragColor = vec4(colour, 1.0);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
    gl_FragColor.rgb += (grain(gl_FragCoord.xy) - 0.5) / 255.0; // no bands in the dark
  }`;

const SKY_VERTEX = `
  varying vec3 way;
  void main() {
    way = position;
    gl_Position = projectionMatrix * viewMatrix * modelMatrix * vec4(position, 1.0);
  }`;

// Soft boxes in the dark: colour, strength, and the way to each. A light probe holds them all, at the price of nine
// numbers; a reflection map would hold up the first picture by seconds where there is no graphics card.
const SOFT_BOXES = [
  [0xfff1e0, 2.3, [-5, 7, 6]],
  [0xbfd8ff, 0.9, [8, 3.5, 2]],
  [0x59c8ff, 0.9, [-7, 3, -6]],
  [0xff5fb4, 0.7, [7, 3, -6.5]],
  [0xffffff, 1.0, [0, 9, -2]],
  [0x6f7fd0, 0.5, [0, -8, 3]],
];

function softBoxes() {
  const probe = new LightProbe();
  const basis = new Array(9).fill(0);
  for (const [colour, strength, place] of SOFT_BOXES) {
    SphericalHarmonics3.getBasisAt(new Vector3(...place).normalize(), basis);
    const light = new Color(colour).multiplyScalar(strength);
    probe.sh.coefficients.forEach((sum, k) => sum.add(new Vector3(light.r, light.g, light.b).multiplyScalar(basis[k])));
  }
  return probe;
}

export class Stage {
  #renderer;
  #scene = new Scene();
  #camera = new PerspectiveCamera(30, 1, 0.1, 60);
  #controls;
  #floor = null;
  #lights = new Group();
  #key = new SpotLight(0xfff0de, 150, 0, KEY_RAD, 0.75, 2);
  #framing;
  #size = 1; // of the figure, against the stream's
  #followed = new Vector3();
  #step = new Vector3();
  #orbited = false;
  #frameTimes = [];
  #pixelRatio = 1;
  #sharper = null; // {ratio, fps} before the last step down, while it is on trial
  #adapts = true;
  fps = 0;

  /** Without sky the picture is see-through where the figure is not. Throws when this browser has no WebGL 2. */
  constructor(canvas, { framing, sky, floor, shadow, controls } = ON_STAGE) {
    this.#framing = framing;
    this.#followed.y = framing.middleM;
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: !sky, powerPreference: "high-performance" });
    this.#renderer.toneMapping = ACESFilmicToneMapping;
    this.#renderer.toneMappingExposure = 1.0;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;
    this.#addLights();
    if (floor) this.#addFloor();
    if (shadow) this.#addShadow();
    if (sky) this.#scene.add(this.#sky());
    this.#controls = new OrbitControls(this.#camera, canvas);
    Object.assign(this.#controls, { enabled: controls, enableDamping: true, enablePan: false, minDistance: 0.35, maxDistance: FARTHEST_M });
    Object.assign(this.#controls, { minPolarAngle: 0.15, maxPolarAngle: Math.PI / 2 - 0.02, zoomSpeed: 0.7 });
    this.#controls.addEventListener("start", () => {
      this.#orbited = true;
    });
    this.#pixelRatio = Math.min(window.devicePixelRatio || 1, LARGEST_PIXEL_RATIO);
    this.#fit();
    window.addEventListener("resize", () => this.resize());
  }

  #addLights() {
    const key = this.#key;
    key.position.set(-2.6, 5.2, 3.6);
    key.castShadow = true;
    key.shadow.mapSize.set(2048, 2048);
    key.shadow.camera.near = 2;
    key.shadow.camera.far = 12;
    key.shadow.radius = 5;
    key.shadow.bias = -0.0004;
    key.shadow.normalBias = 0.03;
    const cool = new DirectionalLight(0x6ac9ff, 0.75);
    cool.position.set(-3.5, 2.6, -4);
    const warm = new DirectionalLight(0xff6ab8, 0.55);
    warm.position.set(3.8, 2.2, -3.6);
    const fill = new DirectionalLight(0xa9b8ff, 0.3);
    fill.position.set(4, 1.5, 4);
    this.#lights.add(key, key.target, cool, cool.target, warm, warm.target, fill, fill.target);
    key.target.position.set(0, 0.7, 0);
    this.#scene.add(this.#lights, softBoxes());
  }

  #addFloor() {
    const uniforms = {
      dancer: { value: [0, 0] },
      pulse: { value: 0 },
      pool: { value: new Color(0.052, 0.050, 0.072) },
      line: { value: new Color(0.060, 0.105, 0.150) },
      radius: { value: FLOOR_RADIUS_M },
    };
    this.#floor = new ShaderMaterial({
      uniforms,
      vertexShader: FLOOR_VERTEX,
      fragmentShader: FLOOR_FRAGMENT,
      transparent: true,
    });
    this.#lay(this.#floor);
  }

  #addShadow() {
    const shadow = this.#lay(new ShadowMaterial({ opacity: 0.72, color: 0x000000 }));
    shadow.position.y = 0.001;
    shadow.receiveShadow = true;
    shadow.renderOrder = 1;
  }

  /** A disc on the ground. */
  #lay(material) {
    const disc = new Mesh(new CircleGeometry(FLOOR_RADIUS_M, 96), material);
    disc.rotation.x = -Math.PI / 2;
    this.#scene.add(disc);
    return disc;
  }

  #sky() {
    const material = new ShaderMaterial({
      vertexShader: SKY_VERTEX,
      fragmentShader: SKY_FRAGMENT,
      side: BackSide,
      depthWrite: false,
    });
    return new Mesh(new SphereGeometry(40, 24, 16), material);
  }

  /** A figure comes on; the picture is made for its size. */
  add(avatar) {
    this.#scene.add(avatar.scene);
    this.#size = avatar.scale;
    this.#look();
  }

  /** The bone that the camera follows: `draw` wants to know where it is. */
  get bone() {
    return this.#framing.bone;
  }

  /** The canvas has another size, which has emptied it: no black until the next picture. */
  resize() {
    this.#fit();
    this.#renderer.render(this.#scene, this.#camera);
  }

  /** Keep the whole figure in the picture, whose shape is new. */
  #fit() {
    const canvas = this.#renderer.domElement;
    const width = canvas.clientWidth || 1;
    const height = canvas.clientHeight || 1;
    this.#renderer.setPixelRatio(this.#pixelRatio);
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    this.#look();
  }

  /** Keep so much in the picture from now on: a crew needs more room than a dancer. At once about `place`, if given. */
  hold(framing, place = null) {
    this.#framing = { ...this.#framing, ...framing };
    if (place !== null) this.#followed.set(place.x, this.#framing.upAndDown ? place.y : this.#followed.y, place.z);
    const halfM = this.#framing.widthM / 2;
    this.#key.angle = Math.min(Math.max(Math.atan(halfM / KEY_AWAY_M), KEY_RAD), WIDEST_KEY_RAD);
    this.#look();
  }

  /** The person's view is given up. */
  lookFromTheFront() {
    this.#orbited = false;
    this.#look();
  }

  #look() {
    if (this.#orbited) return; // unless the person has chosen a view
    const { heightM, widthM, leftRad, aboveRad, middleM, upAndDown } = this.#framing;
    const half = Math.tan((this.#camera.fov * Math.PI) / 360);
    const distance = (this.#size / (2 * half)) * Math.max(heightM, widthM / this.#camera.aspect);
    this.#controls.maxDistance = Math.max(FARTHEST_M, 1.3 * distance);
    this.view(leftRad, aboveRad, distance, upAndDown ? this.#followed.y : middleM * this.#size);
    this.#orbited = false;
  }

  /** Look from an angle to the dancer's left and above, radians, at a distance, at a height of the body and so far beside it. */
  view(leftRad, aboveRad, distanceM, heightM = this.#framing.middleM, besideM = 0) {
    this.#orbited = true;
    this.#step.set(Math.sin(leftRad) * Math.cos(aboveRad), Math.sin(aboveRad), Math.cos(leftRad) * Math.cos(aboveRad));
    this.#controls.target.set(this.#followed.x + besideM, heightM, this.#followed.z);
    this.#camera.position.copy(this.#controls.target).addScaledVector(this.#step, distanceM);
    this.#controls.update();
  }

  /** Draw: what is followed is at `place`, the beat is `pulse` strong (0 to 1), `elapsedS` after the last picture. */
  draw(place, pulse, elapsedS) {
    this.#step.subVectors(place, this.#followed).multiplyScalar(1 - Math.exp(-elapsedS / this.#framing.followS));
    if (!this.#framing.upAndDown) this.#step.y = 0;
    this.#followed.add(this.#step);
    this.#controls.target.add(this.#step);
    this.#camera.position.add(this.#step);
    this.#controls.update(elapsedS);
    this.#lights.position.set(this.#followed.x, 0, this.#followed.z);
    if (this.#floor !== null) {
      this.#floor.uniforms.dancer.value = [place.x, place.z];
      this.#floor.uniforms.pulse.value = pulse;
    }
    this.#renderer.render(this.#scene, this.#camera);
    this.#measure(elapsedS);
  }

  #measure(elapsedS) {
    this.#frameTimes.push(elapsedS);
    if (this.#frameTimes.length < 60) return;
    const total = this.#frameTimes.reduce((a, b) => a + b, 0);
    this.fps = this.#frameTimes.length / Math.max(total, 1e-6);
    this.#frameTimes = [];
    if (this.#adapts) this.#adapt();
  }

  /** A weak graphics card shows fewer pixels rather than fewer poses. */
  #adapt() {
    if (this.#sharper !== null && this.fps < this.#sharper.fps * WORTH_IT) {
      this.#pixelRatio = this.#sharper.ratio;
      this.#adapts = false;
      this.resize();
    } else if (this.fps < SLOW_FPS && this.#pixelRatio > SMALLEST_PIXEL_RATIO) {
      this.#sharper = { ratio: this.#pixelRatio, fps: this.fps };
      this.#pixelRatio = Math.max(this.#pixelRatio * 0.8, SMALLEST_PIXEL_RATIO);
      this.resize();
    }
  }

  /** Every pixel, however slow: for pictures of the page. */
  keepSharp() {
    this.#adapts = false;
    this.#pixelRatio = Math.min(window.devicePixelRatio || 1, LARGEST_PIXEL_RATIO);
    this.resize();
  }
}
