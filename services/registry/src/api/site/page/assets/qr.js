// Reads QR codes for browsers without a reader of their own (BarcodeDetector): the package `qr` 0.7.0 of npm, by Paul Miller,
// under Apache-2.0, unchanged but bundled: npm install qr@0.7.0 esbuild@0.28.2, then
// echo 'export { BarcodeDetector } from "qr/decode.js"' | esbuild --bundle --format=esm --minify --target=es2022
//   --legal-comments=none --line-limit=160
var Ct=(()=>{let e=[];for(let t=1;t<=40;t++){let n=(16*t+128)*t+64;if(t>=2){let o=Math.floor(t/7)+2;n-=(25*o-10)*o-55,t>=7&&(n-=36)}e.push(n>>>3)}return e})(),At=[
"low","medium","quartile","high"],zt={low:[7,10,15,20,26,18,20,24,30,18,20,24,26,30,22,24,28,30,28,28,28,28,30,30,26,28,30,30,30,30,30,30,30,30,30,30,30,30,30,30],
medium:[10,16,26,18,24,16,18,22,22,26,30,22,22,24,24,28,28,26,26,26,26,28,28,28,28,28,28,28,28,28,28,28,28,28,28,28,28,28,28,28],quartile:[13,22,18,26,18,24,18,
22,20,24,28,26,24,20,30,24,28,28,26,30,28,30,30,30,30,28,30,30,30,30,30,30,30,30,30,30,30,30,30,30],high:[17,28,22,16,22,28,26,26,24,28,24,28,22,24,24,30,28,28,
26,28,30,24,30,30,30,30,30,30,30,30,30,30,30,30,30,30,30,30,30,30]},te={low:[1,1,1,1,1,2,2,2,2,4,4,4,4,4,6,6,6,6,7,8,8,9,9,10,12,12,12,13,14,15,16,17,18,19,19,20,
21,22,24,25],medium:[1,1,1,2,2,4,4,4,5,5,5,8,9,9,10,10,11,13,14,16,17,17,18,20,21,23,25,26,28,29,31,33,35,37,38,40,43,45,47,49],quartile:[1,1,2,2,4,4,6,6,8,8,8,
10,12,16,12,17,16,18,21,20,23,23,25,27,29,34,34,35,38,40,43,45,48,51,53,56,59,62,65,68],high:[1,1,2,4,4,4,5,6,8,8,11,11,16,16,18,16,19,21,25,25,25,34,30,32,35,37,
40,42,45,48,51,54,57,60,63,66,70,74,77,81]},Ce={low:1,medium:0,quartile:3,high:2},St="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";function ee(e,t){let n=Ce[e]<<3|t,o=n;for(let i=0;i<10;i++)o=o<<1^(o>>9)*1335;return(n<<10|o)^21522}function ne(e){let t=e;for(let n=0;n<12;n++)t=t<<1^(t>>11)*7973;
return e<<12|t}var oe=(()=>{let e=new Uint8Array(510),t=new Uint8Array(256);for(let n=0,o=1;n<255;n++)e[n]=e[n+255]=o,t[o]=n,o<<=1,o&256&&(o^=285);return{exp:e,log:t}})();function se(e,t){let n=e%2,o=t%2,i=e%3,r=i*(t%3)%3,a=n&o,s=0;return n===o&&(s|=1),o===0&&(s|=2),i===0&&(s|=4),(e+t)%3===0&&(s|=8),(Math.floor(t/2)+Math.floor(e/
3))%2===0&&(s|=16),a+r===0&&(s|=32),(a+r)%2===0&&(s|=64),((n^o)+r)%2===0&&(s|=128),s}var Jt=(()=>{let e=new Uint8Array(65536);for(let t=1;t<e.length;t++)e[t]=e[t>>>
1]+(t&1);return e})(),bt=e=>Jt[e&65535]+Jt[e>>>16];var Ae=[10,27],We=String.fromCharCode(Ae[0]);var xt=(e,t,n)=>{let o=e;return n!==void 0&&(o=Math.min(o,n)),t!==void 0&&(o=Math.max(o,t)),o},{exp:Yt,log:Lt}=oe,ut=(e,t)=>e&&t?Yt[Lt[e]+Lt[t]]:0,It=e=>Yt[255-
Lt[e]],Tt=4096,ie=64*1024*1024,ge=(e,t)=>{if(!Number.isSafeInteger(e.width)||!Number.isSafeInteger(e.height))throw new TypeError(`${t} expected safe integer wid\
th and height`);if(e.width<=0||e.height<=0)throw new RangeError(`${t} expected positive width and height`);if(e.width>Tt||e.height>Tt)throw new RangeError(`${t}\
 expected width and height <= ${Tt}, got ${e.width}x${e.height}`);return e.width*e.height};function re(e,t,n){let o=new Uint8Array(e*t*4),i=0;for(let r=0;r<t;r++)
for(let a=0;a<e;a++){let s=n(a,r)?0:255;o[i]=s,o[i+1]=s,o[i+2]=s,o[i+3]=255,i+=4}return{width:e,height:t,data:o}}var it=Object.freeze({data:Object.freeze(new Error(
"data")),dimension:Object.freeze(new Error("dimension")),finder:Object.freeze(new Error("finder")),format:Object.freeze(new Error("format")),alignment:Object.freeze(
new Error("alignment")),rs:Object.freeze(new Error("rs")),timing:Object.freeze(new Error("timing")),version:Object.freeze(new Error("version"))}),ye={1:"iso-885\
9-1",2:"ibm437",3:"iso-8859-1",4:"iso-8859-2",5:"iso-8859-3",6:"iso-8859-4",7:"iso-8859-5",8:"iso-8859-6",9:"iso-8859-7",10:"iso-8859-8",11:"iso-8859-9",13:"iso\
-8859-11",15:"iso-8859-13",16:"iso-8859-14",17:"iso-8859-15",18:"iso-8859-16",20:"shift-jis",21:"windows-1250",22:"windows-1251",23:"windows-1252",24:"windows-1\
256",25:"utf-16be",26:"utf-8",28:"big5",29:"gbk",30:"euc-kr"},Nt={};for(let[e,t]of Object.entries(ye))try{Nt[+e]=new TextDecoder(t)}catch{Nt[+e]=void 0}var Se=Uint8Array.
of(10,12,14),Ie=Uint8Array.of(9,11,13),Oe=Uint8Array.of(8,16,16),Rt={create(e){let t=new Uint8Array(e),n=new Array(e+1);for(let r=0;r<n.length;r++)n[r]=new Uint8Array(
t.buffer,0,r);let o,i=r=>{let a=o.position;if(a+r>o.dataLen*8)return-1;let s=0,c=a;for(let f=0;f<r;f++)s=s<<1|o.data[c>>3]>>7-(c&7)&1,c++;return o.position=c,s};
return o={position:0,data:new Uint8Array(0),dataLen:0,bytes:t,read:i,views:n},o},decode(e,t,n,o,i=!1){e.position=0,e.data=t,e.dataLen=n;let r=e.read,a=o<10?0:o<
27?1:2,s=26,c="",f=i?[]:void 0;for(;e.position+4<=n*8;){let h=r(4);if(!h)break;if(h===7){let l=r(8);if(l<0)return it.data;if((l&128)===0)s=l;else{let u=(l&192)===
128?8:16,w=r(u);if(w<0)return it.data;s=(l&(u===8?63:31))<<u,s|=w}continue}if(h===1){let l=r(Se[a]);if(l<0)return it.data;for(;l>=3;l-=3){let u=r(10);if(u<0||u>=
1e3)return it.data;c+=String(u).padStart(3,"0")}if(l){let u=r(l===2?7:4);if(u<0||u>=10**l)return it.data;c+=String(u).padStart(l,"0")}}else if(h===2){let l=r(Ie[a]);
if(l<0)return it.data;for(;l>=2;l-=2){let u=r(11);if(u<0||u>=2025)return it.data;c+=St[u/45|0]+St[u%45]}if(l){let u=r(6);if(u<0||u>=45)return it.data;c+=St[u]}}else if(h===
4){let l=r(Oe[a]);if(l<0||e.position+8*l>n*8)return it.data;if(f){let u=new Uint8Array(l);for(let w=0;w<l;w++)u[w]=r(8);c&&f.push(c),f.push([u,s]),c=""}else{let u=ye[s];
if(!u||l>=e.views.length)return it.data;let w=Nt[s]||new TextDecoder(u);for(let p=0;p<l;p++)e.bytes[p]=r(8);c+=w.decode(e.views[l])}}else return it.data}return f?
(c&&f.push(c),f):c},finish(e,t){if(typeof e=="string")return e;if(!t)throw new Error("text decoder");let n="";for(let o of e)n+=typeof o=="string"?o:t(o[0],o[1]);
return n}},dt=(e,t,n)=>(e[t]-e[n])**2+(e[t+1]-e[n+1])**2,Wt=(e,t)=>Math.hypot(t.x-e.x,t.y-e.y),ce=(e,t)=>{let n=(t-17)/4;if(n<7)return!0;let o=0,i=0;for(let c=0;c<
18;c++){let f=t-11+c%3,h=c/3|0;o|=e[h*t+f]<<c,i|=e[f*t+h]<<c}let r=ne(n),a=bt(r^o),s=bt(r^i);return a<=3||s<=3};function Ut(e,t){let n=t[0],o=t[1],i=t[2],r=t[3],
a=t[4],s=t[5],c=t[6],f=t[7],h=n-i+a-c,l=o-r+s-f;if(h===0&&l===0){e[0]=i-n,e[1]=a-i,e[2]=n,e[3]=r-o,e[4]=s-r,e[5]=o,e[6]=0,e[7]=0,e[8]=1;return}let u=i-a,w=c-a,p=r-
s,d=f-s,g=u*d-w*p,M=(h*d-w*l)/g,y=(u*l-h*p)/g;e[0]=i-n+M*i,e[1]=c-n+y*c,e[2]=n,e[3]=r-o+M*r,e[4]=f-o+y*f,e[5]=o,e[6]=M,e[7]=y,e[8]=1}var Pe=(e,t)=>{for(let n=0;n<
9;n++){let o=n/3|0,i=n%3,r=(i+1)%3*3,a=(i+2)%3*3,s=(o+1)%3,c=(o+2)%3;e[n]=t[r+s]*t[a+c]-t[r+c]*t[a+s]}},Le=(e,t,n)=>{for(let o=0;o<9;o+=3){let i=t[o],r=t[o+1],a=t[o+
2];for(let s=0;s<3;s++)e[o+s]=i*n[s]+r*n[s+3]+a*n[s+6]}},Dt=()=>({x:.1,y:.1,ms:.1}),Mt={step:1,bits:8},_e={step:2,bits:10},Be={step:2,bits:12},we={step:3,bits:8},
kt={step:4,bits:8},$e={RGB:we,RGBA:kt,RGBX:kt,BGRA:kt,BGRX:kt,I420:Mt,I420A:Mt,I422:Mt,I444:Mt,NV12:Mt,I420P10:_e,I420P12:Be},Qt=e=>$e[e],xe=e=>{if(e===null||typeof e!=
"object"||Array.isArray(e))throw new TypeError(`"opts" expected object, got type=${typeof e}`);if(e.format!==void 0&&!Qt(e.format))throw new TypeError(`invalid \
opts.format=${e.format} (${typeof e.format})`);if(e.effort!==void 0&&e.effort!==1/0&&(!Number.isSafeInteger(e.effort)||e.effort<1))throw new TypeError(`invalid \
opts.effort=${e.effort} (${typeof e.effort})`);if(e.timeLimit!==void 0&&e.timeLimit!==1/0&&(typeof e.timeLimit!="number"||!Number.isFinite(e.timeLimit)||e.timeLimit<
0))throw new TypeError(`invalid opts.timeLimit=${e.timeLimit} (${typeof e.timeLimit})`);for(let t of["textDecoder","pointsOnDetect","imageOnResult","imageOnBitm\
ap"])if(e[t]!==void 0&&typeof e[t]!="function")throw new TypeError(`invalid opts.${t}=${e[t]} (${typeof e[t]})`)},be=(e,t,n,o)=>{let i=ge(e,'"img"');if(o&&(e.width>
o.width||e.height>o.height))throw new RangeError(`"img" expected dimensions <= ${o.width}x${o.height}, got ${e.width}x${e.height}`);let r=e.data;if(!(r instanceof
Uint8Array||r instanceof Uint8ClampedArray))throw new TypeError(`"img.data" expected Uint8Array or Uint8ClampedArray, got ${typeof r}`);let a=r,s;if(t!==void 0){
if(s=Qt(t),!s)throw new TypeError(`invalid opts.format=${t} (${typeof t})`);if(n){let{offset:c,stride:f}=n,h=s.step*e.width,l=c+(e.height-1)*f+h;if(!Number.isSafeInteger(
c)||!Number.isSafeInteger(f)||c<0||f<h||l>a.length)throw new RangeError(`"img.data" expected valid offset/stride for format=${t}, got offset=${c}, stride=${f}, \
length=${a.length}`)}else{let c=s.step*i,f=s.step<=2;if(f&&a.length<c||!f&&a.length!==c)throw new RangeError(`"img.data" expected ${f?"at least ":""}${c} bytes \
for format=${t}, got ${a.length}`)}}else if(a.length===3*i)s=we;else if(a.length===4*i)s=kt;else throw new RangeError(`"img.data" expected ${3*i} or ${4*i} byte\
s without opts.format, got ${a.length}`);return s},ae=(e,t,n,o,i)=>{let{step:r,bits:a}=be(n,o,i,t),{width:s,height:c,data:f}=n,h=i?.stride||s*r,l=i?.offset||0;if(!(f===
e&&!l&&h===s&&r===1))for(let u=0;u<c;u++){let w=l+u*h,p=u*s;if(r===1)for(let d=0;d<s;d++)e[p++]=f[w],w++;else if(r===2)for(let d=0;d<s;d++)e[p++]=(f[w]|f[w+1]<<
8)>>>a-8,w+=r;else for(let d=0;d<s;d++)e[p++]=f[w]+2*f[w+1]+f[w+2]>>2,w+=r}},vt=(e,t,n,o,i,r,a,s,c)=>{e[0]=t,e[1]=n,e[2]=o,e[3]=i,e[4]=r,e[5]=a,e[6]=s,e[7]=c},_t=(e,t,n)=>t<
0||n<0||t>=e.width||n>=e.height?-1:e.bitmap[n*e.words+(t>>>5)]>>>(t&31)&1,Me=(e,t,n,o,i)=>{let r=e+t+n+o+i;if(r<7)return 0;let a=r/7,s=a*.5;return Math.abs(a-e)<
s&&Math.abs(a-t)<s&&Math.abs(3*a-n)<3*s&&Math.abs(a-o)<s&&Math.abs(a-i)<s?a:0},ht=(e,t,n,o,i,r,a)=>{let s=0;if(i){for(;_t(e,t,n)===r&&s<=a;)s++,n+=i;return s}if(n<
0||n>=e.height)return 0;let c=n*e.words;for(;t>=0&&t<e.width&&s<=a;){let f=t&31,h=(r?~e.bitmap[c+(t>>>5)]:e.bitmap[c+(t>>>5)])>>>0,l=o>0?h>>>f:h<<31-f>>>0,u=o>0?
Math.min(32-f,e.width-t):f+1,w=l?o>0?31-Math.clz32((l&-l)>>>0):Math.clz32(l):32,p=Math.min(w,u);if(s+=p,t+=o*p,w<u)break}return Math.min(s,Math.floor(a)+1)},Bt=(e,t,n,o,i,r,a,s=!1)=>{
let c=+!a,f=+a,h=ht(e,t,n,-o,-i,c,1/0),l=h,u=ht(e,t-o*l,n-i*l,-o,-i,f,r);l+=u;let w=ht(e,t-o*l,n-i*l,-o,-i,c,r);l+=w;let p=(o?t:n)-l,d=ht(e,t+o,n+i,o,i,c,1/0);h+=
d;let g=1+d,M=ht(e,t+o*g,n+i*g,o,i,f,r);g+=M;let y=ht(e,t+o*g,n+i*g,o,i,c,r);return Me(w,u,h,M,y)?s?(w+u+h+M+y)/7:p+1+w+u+h/2:-1},ve=(e,t,n,o=!1)=>{let i=3*t.ms;
return Bt(e,Math.round(t.x),Math.round(t.y),0,1,i,n,o)},jt=(e,t,n)=>{let o=ve(e,t,n);if(o<0)return-1;let i=3*t.ms,r=Bt(e,Math.round(t.x),Math.round(o),1,0,i,n);
if(r<0)return-1;let a=Math.abs(r-t.x)+Math.abs(o-t.y);return t.x=r,t.y=o,a},fe=(e,t)=>{let n=jt(e,t.tl,t.inverted);if(n<0)return!1;let o=jt(e,t.tr,t.inverted);if(o<
0)return!1;let i=jt(e,t.bl,t.inverted);return i>=0&&n+o+i>0},Ht=(e,t,n)=>{let o=e.luma,i=r=>{let a=r?t.y:t.x,s=r?t.x:t.y,c=Math.ceil(t.ms),f=Math.round(a)-c,h=Math.
round(a)+c,l=a,u=-1/0;for(let w=f;w<=h;w++)for(let p=5;p<=15;p+=2){let d=t.ms*p/10,g=Math.round(d/2),M=Math.ceil(3.5*d),y=0,m=0,E=0,v=0;for(let b=-M;b<=M;b++){let B=Math.
abs(b/d),P=B<1.5||B>=2.5;for(let x=-g;x<=g;x++){let C=Math.round(r?s+x:w+b),I=Math.round(r?w+b:s+x);if(C<0||I<0||C>=e.width||I>=e.height)continue;let S=o[I*e.width+
C];P?(y+=S,m++):(E+=S,v++)}}let A=E/v-y/m;n&&(A=-A),A>u&&(l=w,u=A)}return l};t.x=i(0),t.y=i(1)},Ot=(e,t,n)=>{let o=e[6]*t+e[7]*n+e[8];return{x:(e[0]*t+e[1]*n+e[2])/
o,y:(e[3]*t+e[4]*n+e[5])/o}},Ee=(e,t,n)=>{let o=ve(e,t,n,!0);return o<0?0:o},Ft=(e,t)=>{let n=Ee(e,t,!1);return n?Math.sqrt(t.ms*n):0},le=(e,t,n,o)=>{let i=n.x-
t.x,r=n.y-t.y,a=Wt(t,n);if(!a)return 0;let s=h=>{let l=Ee(e,h,o);return l?Math.sqrt((i/a*h.ms)**2+(r/a*l)**2):0},c=s(t),f=s(n);return c&&f?(c+f)/2:0},Et=(e,t,n)=>{
let o=t*4;n.x=e.patterns[o],n.y=e.patterns[o+1],n.ms=e.patterns[o+2]},Gt=(e,t,n)=>{let o=e.sets,i=t*5,r=n*5;for(let a=0;a<5;a++){let s=o[i+a];o[i+a]=o[r+a],o[r+
a]=s}},he=(e,t)=>{let n=e.sets;for(let o=0;;){let i=o*2+1;if(i>=t)return;let r=i+1,a=r<t&&n[r*5]>n[i*5]?r:i;if(n[o*5]>=n[a*5])return;Gt(e,o,a),o=a}},de=(e,t,n,o)=>{
let i=0;for(let r=n-1;r>=0;r--)i=ut(i,o)^e[t+r];return i},Pt={resize(e,t,n,o,i,r){for(let a=i;a<r;a++){let s=(a<<1)*n,c=a*o;for(let f=0;f<o;f++)t[c++]=e[s]+e[s+
1]+e[s+n]+e[s+n+1]+2>>2,s+=2}},blocks(e,t,n){let o=e.luma,i=8,r=e.blockWidth,a=e.height-i,s=e.width-i,c=e.blocks;for(let f=t;f<n;f++){let h=xt(f*i,0,a);for(let l=0;l<
r;l++){let u=xt(l*i,0,s),w=0,p=255,d=0,g=h*e.width+u;for(let y=0;y<i;y++){for(let m=0;m<i;m++){let E=o[g+m];w+=E,p=Math.min(p,E),d=Math.max(d,E)}g+=e.width}let M=Math.
floor(w/i**2);if(d-p<=24&&(M=p/2,f>0&&l>0)){let y=c[(f-1)*r+l],m=c[f*r+l-1],E=c[(f-1)*r+l-1],v=(2*y+m+E)/4;p<v&&(M=v)}c[r*f+l]=M>>>0}}},bitmap(e,t,n){let o=e.luma,
i=8,r=e.blockWidth,a=e.blockHeight,s=e.height-i,c=e.width-i,f=e.blocks;for(let h=t;h<n;h++){let l=xt(h*i,0,s),u=xt(h,2,a-3);for(let w=0;w<r;w++){let p=xt(w*i,0,
c),d=xt(w,2,r-3),g=0;for(let m=-2;m<=2;m++){let E=r*(u+m)+d;for(let v=-2;v<=2;v++)g+=f[E+v]}let M=g/25;e.cuts[h*r+w]=Math.floor(M);let y=l*e.width+p;for(let m=0;m<
i;m++){let E=0;for(let B=0;B<i;B++)E|=+(o[y+B]<=M)<<B;let v=p&31,A=(l+m)*e.words+(p>>>5),b=255<<v>>>0;if(e.bitmap[A]=(e.bitmap[A]&~b|E<<v>>>0)>>>0,v>24){let B=(1<<
v-24)-1;e.bitmap[A+1]=(e.bitmap[A+1]&~B|E>>>32-v)>>>0}y+=e.width}}}},find(e,t,n){for(let o=t;o<n;o+=2){let i=0,r=0,a=0,s=0,c=0,f=0,h=!!_t(e,0,o|0);for(let l=0;l<
e.width;){let u=ht(e,l,o,1,0,+h,1/0);l+=u,i=r,r=a,a=s,s=c,c=u,f++;let w=h;h=!h;t:{if((f|0)<5)break t;let p=!w,d=Me(i,r,a,s,c);if(!d)break t;let g=(l|0)-i-r-a-s-
c,M=Math.round(g+i+r+a/2),y=d*3,m=Bt(e,M,o|0,0,1,y,p);if(m<0)break t;let E=Bt(e,M,Math.round(m),1,0,y,p);if(E<0)break t;let v=e.patterns,A=+p;for(let P=0;P<e.patternCount;P++){
let x=P*4;if((e.inverted[P]&1)!==A||Math.abs(v[x]-E)>=2*d||Math.abs(v[x+1]-m)>=2*d)continue;let C=v[x+3]+1;v[x]=(v[x]*v[x+3]+E)/C,v[x+1]=(v[x+1]*v[x+3]+m)/C,v[x+
2]=(v[x+2]*v[x+3]+d)/C,v[x+3]=C;break t}let b=e.patternCount++,B=b*4;if(B+3>=v.length)throw new Error(`finder storage exhausted at ${e.width}x${e.height}`);v[B]=
E,v[B+1]=m,v[B+2]=d,v[B+3]=1,e.inverted[b]=A}}}}},ue=e=>Math.round((e-17)/4)*4+17|0,Te=e=>{let t=e.next();for(;!t.done;)t=e.next(0);return t.value},Re=()=>{let e=globalThis;
return typeof e.scheduler?.yield=="function"?e.scheduler.yield():new Promise(t=>e.setTimeout(t,0))},Ue=async(e,t)=>{let n=Math.min(t,8),o=Date.now();try{let i=e.
next();for(;;){if(i.done)return i.value;let r=0;if(Date.now()-o>=n){let a=Date.now();await Re(),r=Date.now()-a,o=Date.now()}i=e.next(r)}}catch(i){throw e.return(
void 0),i}},Vt=class{layers;opts;width;height;luma;grid=new Uint8Array(31329);tmp8=new Uint8Array(31329);codewords=new Uint8Array(Ct[39]);tmp32=new Uint32Array(
208);tmp64=new Float64Array(282);payload=Rt.create(Ct[39]);image;input;inFlight=!1;staged=!1;resized=!1;triple={tl:Dt(),tr:Dt(),bl:Dt(),inverted:!1,tlIndex:0,trIndex:0,
blIndex:0};blocked=0;effort;timeLimit;retryStart=0;retries=0;points;map=new Float64Array(9);from=new Float64Array(9);to=new Float64Array(9);alignPoint={x:.1,y:.1};finePlane={
d:new Uint8Array(0),cut:new Int16Array(0),W:0,H:0,bw:0,sh:0};invertedProjection=!1;decodedSize=0;beginOperation(){if(this.inFlight)throw new Error("scanner oper\
ation already in flight");this.inFlight=!0}endOperation(){this.inFlight=!1}constructor(t){xe(t);let n=ge(t.maxSize,'"maxSize"'),o=Object.freeze({...t.maxSize}),
i=t.stride===void 0?1:t.stride;if(!Number.isSafeInteger(i)||i<1)throw new RangeError(`"stride" expected positive safe integer, got ${i}`);let r=n*i;if(!Number.isSafeInteger(
r)||r>ie)throw new RangeError(`input arena expected <= ${ie} bytes, got ${n}*${i}`);this.effort=t.effort===void 0?1:t.effort,this.timeLimit=t.timeLimit===void 0?
1e3/60:t.timeLimit,this.opts=Object.freeze({...t,effort:this.effort,maxSize:o,timeLimit:this.timeLimit}),this.width=0,this.height=0,this.luma=new Uint8Array(r),
this.image={data:this.luma,height:0,width:0},this.input={data:this.luma,height:0,width:0};let a=[],s=o.width,c=o.height;for(let f=0;f<4&&!(f&&Math.min(s,c)<64);f++){
let h=Math.ceil(s/8),l=Math.ceil(c/8),u=Math.ceil(s/7)*Math.ceil(c/7),w=f?new Uint8Array(s*c):this.luma,p=new Uint8Array(h*l),d=new Int16Array(h*l),g=f?{luma:this.
image,r:f}:void 0;a.push({bitmap:new Uint32Array(Math.ceil(s/32)*c),blockHeight:0,blockWidth:0,blocks:p,cuts:d,height:0,luma:w,patternCount:0,patterns:new Float64Array(
u*4),used:!1,width:0,words:0,plane:{d:w,cut:d,W:s,H:c,bw:Math.ceil(s/8),sh:Math.log2(8)},context:{opts:this.opts,scale:1<<f,ox:0,oy:0,fine:g},found:!1,inverted:new Uint8Array(
u),setCount:0,setCursor:0,sets:new Float64Array(256*5),setsReady:!1,pickSum:-1,pickLo:0,pickHi:0}),s>>=1,c>>=1}this.layers=a}decodePayload(t,n,o){let i=Rt.decode(
this.payload,t,n,o,!!this.opts.textDecoder);return i instanceof Error?i:Rt.finish(i,this.opts.textDecoder)}mapQuad(t){Ut(t,this.to),Ut(this.to,this.from),Pe(this.
from,this.to),Le(t,t,this.from)}mapFinderQuad(t,n,o,i,r){vt(this.from,3.5,3.5,n-3.5,3.5,n-6.5,n-6.5,3.5,n-3.5),vt(this.to,o.tl.x,o.tl.y,o.tr.x,o.tr.y,i,r,o.bl.x,
o.bl.y),this.mapQuad(t)}setAlignments(t){if(t===1)return 0;let n=17+4*t-7,o=Math.ceil((n-6)/28),i=Math.floor((n-6)/o);i&1?i++:(n-6)%o*2>=o&&(i+=2);let r=this.tmp8;
r[0]=6;for(let a=1;a<o;a++)r[a]=n-(o-a)*i;return r[o]=n,o+1}addImage(t,n=this.opts.format){this.beginOperation();try{ae(this.luma,this.opts.maxSize,t,n),this.stage(
t)}finally{this.endOperation()}}stage({width:t,height:n}){this.width=t,this.image.width=t,this.height=n,this.image.height=n;let o=t,i=n;for(let r=0;r<this.layers.
length;r++){let a=this.layers[r],s=!r||Math.min(o,i)>=64;a.used=s,a.width=s?o:0,a.height=s?i:0,a.words=s?Math.ceil(o/32):0,a.blockWidth=s?Math.ceil(o/8):0,a.blockHeight=
s?Math.ceil(i/8):0,a.patternCount=0,a.plane.W=a.width,a.plane.H=a.height,a.plane.bw=a.blockWidth,a.context.ox=0,a.context.oy=0,a.found=!1,a.setCount=0,a.setCursor=
0,a.setsReady=!1,a.pickSum=-1,o>>=1,i>>=1}this.staged=!0,this.resized=!1,this.blocked=0,this.retryStart=0,this.retries=0}clean(){this.beginOperation();try{this.
payload.position=0,this.payload.bytes.fill(0);for(let t of Object.values(this))ArrayBuffer.isView(t)&&t.fill(0);for(let t of this.layers){for(let n of Object.values(
t))ArrayBuffer.isView(n)&&n.fill(0);t.blockHeight=0,t.blockWidth=0,t.height=0,t.width=0,t.words=0,t.patternCount=0,t.setCount=0,t.setCursor=0,t.used=!1,t.found=
!1,t.setsReady=!1}this.width=0,this.image.width=0,this.height=0,this.image.height=0,this.staged=!1,this.resized=!1,this.blocked=0,this.points=void 0}finally{this.
endOperation()}}processImage(t,n="I420",o={offset:0,stride:t.width*(Qt(n)?.step||0)}){this.beginOperation();try{this.input.width=t.width,this.input.height=t.height,
ae(this.luma,this.opts.maxSize,this.input,n,o),this.stage(t)}finally{this.endOperation()}}read(t,n,o,i){let r=Ot(n,o,i),a=Math.floor(r.x),s=Math.floor(r.y);return a<
0||s<0||a>=t.W||s>=t.H?0:t.d[s*t.W+a]<=t.cut[(s>>t.sh)*t.bw+(a>>t.sh)]!==this.invertedProjection?1:0}perspective(t,n,o,i){let{tl:r,tr:a,bl:s}=t,c=Math.cbrt(n/o)**
2,f=Math.cbrt(n/i)**2,h=c+f-1;if(!h)return!1;let l=(c*a.x+f*s.x-r.x)/h,u=(c*a.y+f*s.y-r.y)/h,w=r.x-a.x+l-s.x,p=r.y-a.y+u-s.y;return(w||p)&&!((a.x-l)*(s.y-u)-(s.
x-l)*(a.y-u))?!1:(vt(this.to,r.x,r.y,a.x,a.y,l,u,s.x,s.y),Ut(this.map,this.to),!0)}searchAlign(t,n,o,i,r,a,s,c){let f=0,h=0,l=c?1/0:6;for(let w=-3;w<=3;w++)for(let p=-3;p<=
3;p++){let d=p*s,g=w*s,M=l+ +c,y=0;for(let m=-2;m<=2&&y<M;m++)for(let E=-2;E<=2;E++){let v=!!this.read(t,n,o+(r+d+E)/i,o+(a+g+m)/i),A=Math.abs(E)===2||Math.abs(
m)===2;if(v!==(A||E===0&&m===0)&&++y>=M)break}y>l||!c&&y===l||y===l&&d*d+g*g>=f*f+h*h||(f=d,h=g,l=y)}if(l>5)return!1;let u=Ot(n,o+(r+f)/i,o+(a+h)/i);return this.
alignPoint.x=u.x,this.alignPoint.y=u.y,!0}excluded(t,n){if(!this.blocked)return!1;let o=t.context.scale,i=(o-1)/2,r=4*n,a=o*t.patterns[r]+i,s=o*t.patterns[r+1]+
i;for(let c of this.layers){if(!c.found)continue;let f=c.context.scale,h=(f-1)/2,l=c.patterns;for(let u=0;u<c.patternCount;u++){let w=c.inverted[u];if(!(w&2)||!(w&
4))continue;let p=4*u,d=4*l[p+2],g=4*l[p+3],M=f*(l[d]-l[p]),y=f*(l[d+1]-l[p+1]),m=f*(l[g]-l[p]),E=f*(l[g+1]-l[p+1]),v=M*E-y*m,A=a-(f*l[p]+h),b=s-(f*l[p+1]+h),B=(A*
E-b*m)/v,P=(b*M-A*y)/v,x=l[d+2];if(B>=-x&&B<=1+x&&P>=-x&&P<=1+x)return!0}}return!1}exclude(t){for(let n=0;n<t.patternCount;n++)t.inverted[n]&2||!this.excluded(t,
n)||(t.inverted[n]|=2,this.blocked++)}retain(t,n,o,i,r=0){let a=this.tmp64;if(o<i)return this.tmp32[o]=t,a[r+o]=n,o+1;let s=0;for(let c=1;c<o;c++)a[r+s]<a[r+c]&&
(s=c);return n>=a[r+s]||(this.tmp32[s]=t,a[r+s]=n),o}makeTriple(t,n,o,i){let r=t.patterns,a=n*4,s=o*4,c=i*4,f=dt(r,a,s),h=dt(r,s,c),l=dt(r,a,c),u=i,w=n,p=o;h>=f&&
h>=l?(u=n,w=o,p=i):l>=h&&l>=f&&(u=o,w=n,p=i),Et(t,u,this.triple.tl),Et(t,w,this.triple.bl),Et(t,p,this.triple.tr);let{tl:d,tr:g,bl:M}=this.triple;if((g.x-d.x)*(M.
y-d.y)-(g.y-d.y)*(M.x-d.x)<0){let y=p;p=w,w=y,Et(t,p,g),Et(t,w,M)}return this.triple.tlIndex=u,this.triple.trIndex=p,this.triple.blIndex=w,this.triple}pickPolarity(t,n){
let o=t.patterns,i=this.tmp32,r=0;for(let x=0;x<t.patternCount;x++){let C=t.inverted[x];(C&1)!==n||C&2||o[x*4+3]>=2&&r++}let a=r>=3?2:1,s=0;for(let x=0;x<t.patternCount;x++){
let C=t.inverted[x];if((C&1)!==n||C&2)continue;let I=o[x*4+3];I<a||(s=this.retain(x,-I,s,16,8))}if(s<3)return!1;let c=this.tmp32;c.fill(0,16);let f=this.layers.
indexOf(t);for(let x=f+1;x<this.layers.length;x++){let C=this.layers[x];if(!C.used||!C.found)continue;let I=C.context.scale/t.context.scale,S=(I-1)/2;for(let W=0;W<
s;W++){let q=4*i[W],L=o[q+2],R=-1,G=-1,H=-1,nt=1/0,$=1/0,V=1/0;for(let Z=0;Z<C.patternCount;Z++){if((C.inverted[Z]&1)!==n||C.inverted[Z]&2)continue;let J=4*Z,z=I*
C.patterns[J+2],tt=Math.min(L,z),F=Math.max(L,z);if(F>2*tt)continue;let X=I*C.patterns[J]+S-o[q],k=I*C.patterns[J+1]+S-o[q+1],_=X*X+k*k;_>=4*F**2||_>=V||(_<nt?(H=
G,V=$,G=R,$=nt,R=Z,nt=_):_<$?(H=G,V=$,G=Z,$=_):(H=Z,V=_))}let D=16+(x*16+W)*3;c[D]=R+1,c[D+1]=G+1,c[D+2]=H+1}}let h=s===3?1.8:1.4,l=-1,u=-1,w=-1,p=0,d=1/0,g=0,M=1/0,
y=0,m=-1,E=-1,v=-1,A=1/0;for(let x=0;x<s-2;x++){let C=i[x],I=C*4;for(let S=x+1;S<s-1;S++){let W=i[S],q=W*4,L=dt(o,I,q);for(let R=S+1;R<s;R++){let G=i[R],H=G*4,nt=Math.
min(o[I+2],o[q+2],o[H+2]),$=Math.max(o[I+2],o[q+2],o[H+2]),V=Math.min(o[I+3],o[q+3],o[H+3]);if($>h*nt&&(s!==8||V<4)){let _=!1;t:for(let U=f+1;U<this.layers.length;U++){
let ot=0,K=0;for(let N=0;N<3;N++){let j=N?N===1?S:R:x,ct=16+(U*16+j)*3,at=0;for(let Y=0;Y<3;Y++){let ft=c[ct+Y];if(!(!ft||ft===ot||ft===K)){at=ft;break}}if(!at)
continue t;N?N===1&&(K=at):ot=at}_=!0;break}if(!_)continue}let D=dt(o,q,H),Z=dt(o,I,H),J=Math.min(L,D,Z),z=Math.max(L,D,Z),tt=L+D+Z-J-z,F=Math.abs(z-2*tt)+Math.
abs(z-2*J),X=o[I+3]+o[q+3]+o[H+3];if(F<d&&(d=F,p=z,g=X,l=C,u=W,w=G),s>8)continue;let k=F/z-.01*X;k>=M||(M=k,y=X,A=F/z,m=C,E=W,v=G)}}}if(l<0)return!1;let b=d/p;(s<=
7&&b>=.08&&b<=.12||s>7&&s<=8&&y>=2*g&&y<=4*g)&&(l=m,u=E,w=v,b=A);let B=n*4,P=this.tmp64;return P[B]=l,P[B+1]=u,P[B+2]=w,P[B+3]=b,!0}timing(t,n,o){let i=0,r=0,a=0,
s=o-16,c=6+.5;for(let f=8;f<o-8;f++){let h=f+.5,l=1-(f&1);if(this.read(t,n,h,c)===l&&i++,this.read(t,n,c,h)===l&&r++,a++,100*(i+r+2*(s-a))<150*s&&i!==a&&r!==a)return!1}
return 100*(i+r)>=150*s||i===s||r===s}findBasicAlign(t,n,o,i){let r=Math.max(Math.round(5*i),8),a=!1,s=1/0,c=Math.max(1,Math.round(o-r)),f=Math.min(t.height-2,Math.
round(o+r)),h=Math.max(1,Math.round(n-r)),l=Math.min(t.width-2,Math.round(n+r)),u=+!this.invertedProjection,w=Math.ceil(3*i)-1;for(let p=c;p<=f;p++){let d=h;for(_t(
t,d-1,p)===u&&(d+=ht(t,d,p,1,0,u,1/0));d<=l&&(d+=ht(t,d,p,1,0,1-u,1/0),!(d>l));){let g=ht(t,d,p,1,0,u,l+1-d),M=d+g/2,y=Math.round(M);if(d+=g+1,g<.4*i||g>2.5*i)continue;
let m=ht(t,y,p-1,0,-1,u,w),E=ht(t,y,p+1,0,1,u,w),v=m+E+1;if(v<.4*i||v>2.5*i)continue;let A=p-m+v/2,b=(M-n)*(M-n)+(A-o)*(A-o);b<s&&(s=b,a=!0,this.alignPoint.x=M,
this.alignPoint.y=A)}}return a}report(t,n,o,i,r,a){if(!a.opts.pointsOnDetect)return;let{tl:s,tr:c,bl:f}=t,{scale:h,ox:l,oy:u}=a,w=(P,x)=>{let C={x:P.x*h+l,y:P.y*
h+u};return x!==void 0&&(C.moduleSize=x*h),C},p=this.map;this.mapFinderQuad(p,r,t,n.x,n.y);let d=(P,x)=>w(Ot(p,P,x)),g=(P,x,C,I)=>[d(P,x),d(C,x),d(C,I),d(P,I)],
M=(P,x,C,I,S)=>{let W=w(P,x),q=d(C,I),L=g(C-S,I-S,C+S,I+S),R=W.x-q.x,G=W.y-q.y;if(R||G)for(let H of L)H.x+=R,H.y+=G;return{...W,corners:L}},y=3.5,m=1,E=g(0,0,r,
r),v=E.map(P=>P.x),A=E.map(P=>P.y),b=Math.min(...v),B=Math.min(...A);this.points={tl:M(s,s.ms,y,y,y),tr:M(c,c.ms,r-y,y,y),br:d(r-y,r-y),bl:M(f,f.ms,y,r-y,y),aligners:o.
map(({point:P,x,y:C})=>M(P,i,x,C,5/2)),bounds:E,outline:g(-m,-m,r+m,r+m),boundingBox:{x:b,y:B,width:Math.max(...v)-b,height:Math.max(...A)-B}}}upgrade(t,n,o){let i=o.
fine;if(!i)return 0;let r=1<<i.r,a=(r-1)/2,s=this.to;for(let h=0;h<6;h++)s[h]=r*n[h]+a*n[6+h%3];s[6]=n[6],s[7]=n[7],s[8]=n[8];let c=this.finePlane,f=t.sh+i.r;return c.
d=i.luma.data,c.cut=t.cut,c.W=Math.min(i.luma.width,t.bw<<f),c.H=Math.min(i.luma.height,(t.cut.length/t.bw|0)<<f),c.bw=t.bw,c.sh=f,r}decodeGrid(t,n){let o=it.format;
if(!ce(this.grid,t))o=it.version;else{let i=this.grid,r=0,a=0;for(let m=0;m<15;m++){let E=m<6?i[m*t+8]:m<8?i[(m+1)*t+8]:m===8?i[8*t+7]:i[8*t+14-m],v=m<8?i[8*t+t-
1-m]:i[(t-15+m)*t+8];r|=E<<m,a|=v<<m}let s=-1,c=-1,f=0,h=0,l=0,u=0;for(let m=0;m<At.length;m++)for(let E=0;E<8;E++){let v=ee(At[m],E),A=bt(v^r),b=bt(v^a);A<=3&&
(s=m,f=E,l=A),b<=3&&(c=m,h=E,u=b)}let w=s===c&&f===h,p=c>=0&&(s<0||!w&&u<l),d=s<0?-1:s<<3|f,g=c<0?-1:c<<3|h,M=p?g:d,y=p?d:c>=0&&!w?g:-1;for(let m=M;m>=0;){t:{let E=m>>
3,v=m&7,A=(t-17)/4,b=this.tmp8;b.fill(0,0,t*t);for(let k=0;k<3;k++){let _=k===1?t-7:0,U=k===2?t-7:0;for(let ot=-1;ot<8;ot++)for(let K=-1;K<8;K++){let N=_+K,j=U+
ot;N>=0&&j>=0&&N<t&&j<t&&(b[j*t+N]=1)}}let B=this.setAlignments(A),P=this.tmp8;for(let k=0;k<B;k++)for(let _=0;_<B;_++){let U=P[_],ot=P[k];if(!b[ot*t+U])for(let K=-2;K<=
2;K++)for(let N=-2;N<=2;N++)b[(ot+K)*t+U+N]=1}for(let k=0;k<t;k++)b[6*t+k]=1,b[k*t+6]=1;for(let k=0;k<=8;k++)b[k*t+8]=1,b[8*t+k]=1,k<8&&(b[8*t+t-1-k]=1,b[(t-1-k)*
t+8]=1);if(A>=7)for(let k=0;k<18;k++){let _=t-11+k%3,U=k/3|0;b[U*t+_]=1,b[_*t+U]=1}let x=this.codewords,C=Ct[A-1];x.fill(0,0,C);let I=0,S=-1,W=t-1;for(let k=t-1;k>
0;k-=2){for(k===6&&(k=5);;){for(let _=0;_<2;_++){let U=k-_;b[W*t+U]||(I<8*C&&(this.grid[W*t+U]^se(U,W)>>v&1)===1&&(x[I>>3]|=128>>(I&7)),I++)}if(W+S<0||W+S>=t)break;
W+=S}S=-S}let q=At[E],L=zt[q][A-1],R=te[q][A-1],G=Math.floor(C/R)-L,H=R-C%R,nt=0,$=L,V=2*L+1,D=3*L+2,Z=4*L+3,J=G+L,z=b,tt=0;for(let k=0;k<2;k++)for(let _=0;_<(k?
L:G+1);_++)for(let U=0;U<R;U++){let ot=J+ +(U>=H);if(!k&&_>=ot-L)continue;let K=Z+U*J+Math.max(0,U-H);z[K+(k?ot-L:0)+_]=x[tt++]}let F=C-L*R,X=x;tt=0;for(let k=0;k<
R;k++){let _=Z+k*J+Math.max(0,k-H),U=J+ +(k>=H),ot=!1;e:{let N=!1;for(let O=0;O<L;O++){let T=0;for(let st=0;st<U;st++)T=ut(T,Yt[O])^z[_+st];b[nt+O]=T,T&&(N=!0)}
if(!N){ot=!0;break e}b.fill(0,$,$+L+1),b.fill(0,V,V+L+1),b[$]=1,b[V]=1;let j=1,ct=1,at=0,Y=1,ft=1;for(let O=0;O<L;O++){let T=b[nt+O];for(let Q=1;Q<=at;Q++)T^=ut(
b[$+Q],b[nt+O-Q]);if(!T){Y++;continue}let st=ut(T,It(ft)),lt=Math.max(j,ct+Y);for(let Q=0;Q<lt;Q++)b[D+Q]=(Q<j?b[$+Q]:0)^(Q>=Y&&Q-Y<ct?ut(st,b[V+Q-Y]):0);2*at<=
O?(b.copyWithin(V,$,$+j),ct=j,at=O+1-at,ft=T,Y=1):Y++,b.copyWithin($,D,D+lt),j=lt}for(;j>1&&!b[$+j-1];)j--;let mt=j-1;if(!mt||2*mt>L)break e;let pt=V;b.fill(0,pt,
pt+L);for(let O=0;O<j;O++)for(let T=0;O+T<L;T++)b[pt+O+T]^=ut(b[$+O],b[nt+T]);let wt=D,et=0;for(let O=1;O<256&&et<mt;O++)de(b,$,j,O)||(b[wt+et++]=It(O));if(et!==
mt)break e;for(let O=0;O<et;O++){let T=b[wt+O],st=U-1-Lt[T];if(st<0)break e;let lt=It(T),Q=1;for(let rt=0;rt<et;rt++)O!==rt&&(Q=ut(Q,1^ut(b[wt+rt],lt)));z[_+st]^=
ut(de(b,pt,L,lt),It(Q))}ot=!0}if(!ot){o=it.rs;break t}let K=_+U-L;for(let N=_;N<K;N++)X[tt++]=z[N]}o=this.decodePayload(X,F,A)}if(!(o instanceof Error))break;m=
m===M?y:-1}}return o}projectQuad(t,n,o,i=0,r=o,a=0,s=o){for(let c=a;c<s;c++)for(let f=i;f<r;f++)this.grid[c*o+f]=this.read(t,n,f+.5,c+.5)}projectMap(t,n,o,i){let r=this.
timing(t,n,o);return r&&this.projectQuad(t,n,o),r?this.decodeGrid(o,i):it.timing}confirm(t,n,o){let i=this.timing(t,n,o);if(i){for(let r=0;r<18;r++){let a=o-11+
r%3,s=r/3|0;this.grid[s*o+a]=this.read(t,n,a+.5,s+.5),this.grid[a*o+s]=this.read(t,n,s+.5,a+.5)}i=ce(this.grid,o)}return i}projectWith(t,n,o){let i=n.inverted;this.
invertedProjection=i;let r=t.plane,a=n,s=t.context,c=it.dimension;t:{let{tl:f,tr:h,bl:l}=a,u=(f.ms+h.ms+l.ms)/3,w=Math.min(f.ms,h.ms,l.ms),p=Math.max(f.ms,h.ms,
l.ms),d=h.x-f.x,g=h.y-f.y,M=l.x-f.x,y=l.y-f.y,m=Math.abs(d*y-g*M),E=Math.max(Math.abs(g),Math.abs(y)),v=f.ms+h.ms+l.ms-w-p,A=E>0&&v>0?m/(E*v)+7:1/0,b=Wt(f,h),B=o?
b/o+7:p>10/9*w?b*2/(f.ms+h.ms)+7:A,P=ue(B),x=E>0&&u>0?m/(E*u)+7:1/0,C=ue(x);for(let I=0;I<4;I++){let S=I===0?P:I===1?C:I===2?P-4:P+4,W=I===1?x:B;if(I>0&&S===P||
I>1&&S===C||S<21||S>177||Math.abs(S-W)>6)continue;this.decodedSize=S;let q=1-(3.5-.5)/(S-7),L=f.x+(h.x-f.x+l.x-f.x)*q,R=f.y+(h.y-f.y+l.y-f.y)*q,G=!1;if(S>=25)if(i||
!this.perspective(a,a.tl.ms,a.tr.ms,a.bl.ms))G=this.findBasicAlign(t,L,R,u);else{let nt=h.x+l.x-2*f.x,$=h.y+l.y-2*f.y,V=(nt*(L-f.x)+$*(R-f.y))/(nt*nt+$*$),D=this.
map,Z=(D[6]+D[7])*V+D[8],J=((D[0]+D[1])*V+D[2])/Z-L,z=((D[3]+D[4])*V+D[5])/Z-R;if(J*J+z*z<=9*u*u)G=this.findBasicAlign(t,L,R,u);else{let tt=Ft(t,f),F=Ft(t,h),X=Ft(
t,l);if(tt&&F&&X&&this.perspective(a,tt,F,X)){let k=3/(1-V);G=this.searchAlign(r,D,V,k,0,0,1,!1)}}}c=it.alignment;let H=G?2:1;for(let nt=0;nt<H;nt++){let $=!nt&&
G,V=$?this.alignPoint.x:L,D=$?this.alignPoint.y:R,Z=s.opts.pointsOnDetect?{x:V,y:D}:void 0;if(s.opts.pointsOnDetect){let tt=S-6.5,F=$?[{point:this.alignPoint,x:tt,
y:tt}]:[];this.report(a,Z,F,u,S,s)}let J=this.map;this.mapFinderQuad(J,S,a,V,D);let z=(S-17)/4;if(z<7){if(c=this.projectMap(r,J,S,s),!(c instanceof Error)||this.
upgrade(r,J,s)&&(c=this.projectMap(this.finePlane,this.to,S,s),!(c instanceof Error)))break t}else{let tt=this.upgrade(r,J,s),F=tt?this.finePlane:r,X=tt?this.to:
J,k=this.confirm(F,X,S);if(!k&&tt&&(k=this.confirm(r,J,S)),k){e:{let U=F===this.finePlane?tt:1,ot=(U-1)/2,K=this.setAlignments(z),N=this.tmp8,j=this.tmp64,ct=this.
tmp64,at=N[K-1],Y=.5,ft=0,mt=0,pt=0,wt=!1;for(let et=0;et<K;et++)for(let O=0;O<K;O++){let T=N[O],st=N[et],lt=T===6&&(st===6||st===at)||T===at&&st===6,Q=(et*K+O)*
2;if(!lt&&this.searchAlign(F,X,Y,1,T,st,Y,!0)){let rt=98+ft*4;ct[rt]=this.alignPoint.x,ct[rt+1]=this.alignPoint.y,ct[rt+2]=T+Y,ct[rt+3]=st+Y,ft++,T===at&&st===at&&
(wt=!0,mt=this.alignPoint.x,pt=this.alignPoint.y),j[Q]=this.alignPoint.x,j[Q+1]=this.alignPoint.y}else{let rt=Ot(X,T+Y,st+Y);j[Q]=rt.x,j[Q+1]=rt.y}}if(!ft){c=it.
alignment;break e}for(let et=0;et<K-1;et++)for(let O=0;O<K-1;O++){let T=N[O],st=N[O+1],lt=N[et],Q=N[et+1],rt=(et*K+O)*2,qt=rt+2,$t=((et+1)*K+O)*2,Kt=$t+2,Zt=this.
map;vt(this.from,T+Y,lt+Y,st+Y,lt+Y,st+Y,Q+Y,T+Y,Q+Y),vt(this.to,j[rt],j[rt+1],j[qt],j[qt+1],j[Kt],j[Kt+1],j[$t],j[$t+1]),this.mapQuad(Zt),this.projectQuad(F,Zt,
S,O?T:0,O===K-2?S:st,et?lt:0,et===K-2?S:Q)}if(s.opts.pointsOnDetect){let et=[];for(let O=0;O<ft;O++){let T=98+O*4;et.push({point:{x:(ct[T]-ot)/U,y:(ct[T+1]-ot)/
U},x:ct[T+2],y:ct[T+3]})}this.report(a,wt?{x:(mt-ot)/U,y:(pt-ot)/U}:Z,et,u,S,s)}c=this.decodeGrid(S,s)}if(!(c instanceof Error)||(c=this.projectMap(F,X,S,s),!(c instanceof
Error))||tt&&(c=this.projectMap(r,J,S,s),!(c instanceof Error)))break t}else c=it.version}}}}return this.invertedProjection=!1,c}*scan(t){if(!this.staged)throw new Error(
"expected addImage before decode");let n=this.layers;this.points=void 0;let o=it.finder;if(!this.resized){for(let i=1;i<n.length;i++){let r=n[i];if(!r.used)break;
let a=n[i-1].luma,s=r.luma,c=n[i-1].width,f=t?64:r.height;for(let h=0;h<r.height;h+=f)Pt.resize(a,s,c,r.width,h,Math.min(r.height,h+f)),t&&h+f<r.height&&(this.retryStart+=
yield)}this.resized=!0}t:for(let i=!0;;i=!1){let r=!1;for(let a=n.length-1;a>=0;a--){if(!i&&(!this.retries||this.timeLimit!==1/0&&Date.now()-this.retryStart>=this.
timeLimit))break t;let s=n[a];if(!s.used)continue;if(!s.found){let p=s.blockHeight,d=t?16:p;for(let y=0;y<p;y+=d)Pt.blocks(s,y,Math.min(p,y+d)),t&&y+d<p&&(this.
retryStart+=yield);s.bitmap.fill(0,0,s.words*s.height);for(let y=0;y<p;y+=d)Pt.bitmap(s,y,Math.min(p,y+d)),t&&y+d<p&&(this.retryStart+=yield);this.opts.imageOnBitmap&&
this.opts.imageOnBitmap(re(s.width,s.height,(y,m)=>_t(s,y,m))),s.patternCount=0;let M=t?32:s.height;for(let y=0;y<s.height;y+=M)Pt.find(s,y,Math.min(s.height,y+
M)),t&&y+M<s.height&&(this.retryStart+=yield);s.found=!0}let c;if(i){this.exclude(s);let p=this.pickPolarity(s,0),d=this.pickPolarity(s,1);if(p||d){let g=this.tmp64,
M=s.patterns,y=0;if(d){let b=p?M[g[0]*4+3]+M[g[1]*4+3]+M[g[2]*4+3]:0,B=M[g[4]*4+3]+M[g[5]*4+3]+M[g[6]*4+3];(!p||(g[7]+.1)*b<(g[3]+.1)*B)&&(y=1)}let m=y*4,E=g[m]|
0,v=g[m+1]|0,A=g[m+2]|0;s.pickSum=E+v+A,s.pickLo=Math.min(E,v,A),s.pickHi=Math.max(E,v,A),c=this.makeTriple(s,E,v,A),c.inverted=y===1}}else{e:{if(s.setsReady)break e;
s.setsReady=!0,s.setCount=0,s.setCursor=0;let d=0;for(let m=0;m<s.patternCount;m++)s.inverted[m]&2||d++;if(d<3)break e;let g=s.patterns,M=this.tmp32,y=d>5;for(let m=0;m<
s.patternCount-2;m++){t&&m&&!(m&7)&&(this.retryStart+=yield);let E=s.inverted[m];if(E&2)continue;let v=!!(E&1),A=m*4,b=g[A+2]*177*1.5,B=b*b,P=0;for(let x=m+1;x<
s.patternCount;x++){let C=s.inverted[x];if(C&2||!!(C&1)!==v)continue;let I=x*4,S=Math.min(g[A+2],g[I+2]),W=Math.max(g[A+2],g[I+2]);if(y&&W>2.4*S+2/7)continue;let q=g[A]-
g[I],L=g[A+1]-g[I+1],R=q*q+L*L;if(R>B)continue;let G=R/g[I+3];P=this.retain(x,G,P,15)}for(let x=0;x<P-1;x++){let C=M[x],I=C*4,S=dt(g,A,I);for(let W=x+1;W<P;W++){
let q=M[W],L=q*4,R=dt(g,I,L),G=dt(g,A,L),H=Math.min(S,R,G),nt=Math.max(S,R,G),$=S+R+G-H-nt;if(!H||!$||y&&(H>4*$||$>4*H))continue;let V=Math.sqrt(H),D=Math.sqrt(
$),Z=(V+D)/(2*((g[A+2]+g[I+2]+g[L+2])/3))+7;if(Z<21*.8||Z>177*1.5)continue;let J=(H+$-nt)/(2*Math.sqrt(H*$));if(y&&Math.abs(J)>.5)continue;let z=g[A+3]+g[I+3]+g[L+
3],tt=(V+D+Math.abs(V-D))/z;n:{let F=s.sets,X=s.setCount;if(X<256)s.setCount++;else{if(tt>=F[0])break n;X=0}let k=X*5;for(F[k]=tt,F[k+1]=+v,F[k+2]=m,F[k+3]=C,F[k+
4]=q;X;){let _=X-1>>1;if(F[_*5]>=F[X*5])break n;Gt(s,_,X),X=_}he(s,s.setCount)}}}}for(let m=s.setCount-1;m>0;m--)Gt(s,0,m),he(s,m)}let p=s.sets;for(;s.setCursor<
s.setCount;){let d=s.setCursor++*5,g=p[d+2]|0,M=p[d+3]|0,y=p[d+4]|0;if(!(s.inverted[g]&2||s.inverted[M]&2||s.inverted[y]&2)&&!(g+M+y===s.pickSum&&Math.min(g,M,y)===
s.pickLo&&Math.max(g,M,y)===s.pickHi)){c=this.makeTriple(s,g,M,y),c.inverted=!!p[d+1];break}}}if(!c){t&&(this.retryStart+=yield);continue}!i&&this.retries!==1/0&&
this.retries--,r=!0;let f=!this.blocked&&Math.abs(c.tr.y-c.tl.y)>Math.abs(c.tr.x-c.tl.x)?le(s,c.tl,c.tr,c.inverted):0,h=!!(f&&Wt(c.tl,c.tr)/f+7>=45);h&&(Ht(s,c.
tl,c.inverted),Ht(s,c.tr,c.inverted),Ht(s,c.bl,c.inverted),fe(s,c),f=le(s,c.tl,c.tr,c.inverted));let l=this.projectWith(s,c,f);l instanceof Error&&!h&&fe(s,c)&&
(l=this.projectWith(s,c,f));let u=s.context.opts,w=l;if(!(l instanceof Error)){u.imageOnResult&&u.imageOnResult(re(this.decodedSize,this.decodedSize,(m,E)=>this.
grid[E*this.decodedSize+m]));let p=3.5/(this.decodedSize-7),d=s.patterns,g=4*c.tlIndex,M=4*c.trIndex,y=4*c.blIndex;d[g]=c.tl.x,d[g+1]=c.tl.y,d[g+2]=c.trIndex,d[g+
3]=c.blIndex,d[M]=c.tr.x,d[M+1]=c.tr.y,d[M+2]=p,d[y]=c.bl.x,d[y+1]=c.bl.y,s.inverted[c.tlIndex]&2||this.blocked++,s.inverted[c.trIndex]&2||this.blocked++,s.inverted[c.
blIndex]&2||this.blocked++,s.inverted[c.tlIndex]|=6,s.inverted[c.trIndex]|=10,s.inverted[c.blIndex]|=10;for(let m of n)m.found&&this.exclude(m);this.points&&this.
opts.pointsOnDetect?.(this.points,w)}if(!(w instanceof Error))return w;o=w,t&&(this.retryStart+=yield)}if(!i&&!r)break}return this.points&&this.opts.pointsOnDetect?.(
this.points,o),o}*walk(t,n){this.retryStart=Date.now(),this.retries=this.effort===1/0?1/0:this.effort-1;let o=[];for(;;){let i=yield*this.scan(t);if(o.push(i),!n||
i instanceof Error)return o;t&&(this.retryStart+=yield)}}decode(t=!1){this.beginOperation();try{return Te(this.walk(!1,t))}finally{this.endOperation()}}async decodeAsync(t=!1){
this.beginOperation();try{return await Ue(this.walk(!0,t),this.timeLimit)}finally{this.endOperation()}}},De=(e,t={})=>{xe(t),be(e,t.format);let n=new Vt({...t,maxSize:{
height:e.height,width:e.width}});try{n.addImage(e,t.format);let o=n.decode()[0];if(o instanceof Error)throw new Error(o.message);return o}finally{n.clean()}};var je=["aztec","code_128","code_39","code_93","codabar","data_matrix","ean_13","ean_8","itf","pdf417","qr_code","unknown","upc_a","upc_e"],me=e=>Object.prototype.
toString.call(e).slice(8,-1),gt=e=>new DOMException(e,"InvalidStateError"),pe=(e,t)=>e instanceof DOMException?new DOMException(`${t}: ${e.message}`,e.name):e instanceof
Error?new e.constructor(`${t}: ${e.message}`):new Error(`${t}: ${e}`),He=(e,t)=>{if(typeof OffscreenCanvas<"u")return new OffscreenCanvas(e,t);let n=document.createElement(
"canvas");return n.width=e,n.height=t,n},ke=(e,t,n)=>{try{return e.getImageData(0,0,t,n)}catch{throw new DOMException("Source would taint origin.","SecurityErro\
r")}},yt=(e,t,n)=>{if(t===0||n===0)return null;let i=He(t,n).getContext("2d");if(i===null)throw new DOMException("Canvas 2D context unavailable.","NotSupportedE\
rror");return i.drawImage(e,0,0),ke(i,t,n)},Fe=async e=>{let t=me(e);if(t==="Blob"){let n;try{n=await createImageBitmap(e)}catch{throw gt("Failed to load or dec\
ode Blob.")}try{return yt(n,n.width,n.height)}finally{n.close()}}if(t==="ImageData"){let n=e;if(n.data.buffer.byteLength===0)throw gt("The image data has been d\
etached.");if(me(n.data)==="Float16Array"){let o=Uint8ClampedArray.from(n.data,i=>i*255);return{width:n.width,height:n.height,data:o}}return n}if(t==="HTMLCanva\
sElement"||t==="OffscreenCanvas"){let n=e,{width:o,height:i}=n;if(o===0||i===0)return null;let r=n.getContext("2d");return r!==null?ke(r,o,i):yt(n,o,i)}if(t==="\
HTMLImageElement"){let n=e;try{await n.decode()}catch{throw gt("Failed to load or decode HTMLImageElement.")}return yt(n,n.naturalWidth,n.naturalHeight)}if(t===
"SVGImageElement"){let n=e;try{await n.decode?.()}catch{throw gt("Failed to load or decode SVGImageElement.")}return yt(n,n.width.baseVal.value,n.height.baseVal.
value)}if(t==="HTMLVideoElement"){let n=e;if(n.readyState<2)throw gt("Invalid element or state.");return yt(n,n.videoWidth,n.videoHeight)}if(t==="ImageBitmap"){
let n=e;if(n.width===0&&n.height===0)throw gt("The image source is detached.");return yt(n,n.width,n.height)}if(t==="VideoFrame"){let n=e;if(n.format===null)throw gt(
"VideoFrame is closed.");return yt(n,n.displayWidth,n.displayHeight)}throw new TypeError("The provided value is not of type '(Blob or HTMLCanvasElement or HTMLI\
mageElement or HTMLVideoElement or ImageBitmap or ImageData or OffscreenCanvas or SVGImageElement or VideoFrame)'.")},Ne=e=>{let t=e.bounds.map(({x:o,y:i})=>({x:o,
y:i})),n=0;for(let o=1;o<t.length;o++)(t[o].y<t[n].y||t[o].y===t[n].y&&t[o].x<t[n].x)&&(n=o);return t.map((o,i)=>t[(n+i)%t.length])},Xt=class{formats;constructor(t={}){
try{let n=typeof t;if(t!==null&&n!=="object"&&n!=="function")throw new TypeError("The provided value is not a dictionary.");let o=t===null?{}:t,i=o.formats===void 0?
void 0:[...o.formats].filter(r=>r!=="unknown");if(i!==void 0&&i.length===0)throw new TypeError("Hint option provided, but is empty.");for(let r of i||[])if(!je.
includes(r))throw new TypeError(`Failed to read the 'formats' property from 'BarcodeDetectorOptions': The provided value '${r}' is not a valid enum value of typ\
e BarcodeFormat.`);this.formats=i||[]}catch(n){throw pe(n,"Failed to construct 'BarcodeDetector'")}}static async getSupportedFormats(){return["qr_code"]}async detect(t){
try{let n=await Fe(t);if(n===null)return[];if(this.formats.length!==0&&!this.formats.includes("qr_code"))return[];let o,i;try{i=De(n,{pointsOnDetect:(s,c)=>{typeof c==
"string"&&(o=s)}})}catch{return[]}let r=Ne(o),a=o.boundingBox;return[{boundingBox:new DOMRectReadOnly(a.x,a.y,a.width,a.height),rawValue:i,format:"qr_code",cornerPoints:r}]}catch(n){
throw pe(n,"Failed to execute 'detect' on 'BarcodeDetector'")}}};export{Xt as BarcodeDetector};
