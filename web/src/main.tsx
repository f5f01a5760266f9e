import 'uplot/dist/uPlot.min.css';
import './app.css';
import { render } from 'preact';
import { App } from './app';
import { start as start_store } from './store';
import { start as start_theme } from './theme';

start_theme();
start_store();
render(<App />, document.getElementById('app')!);
