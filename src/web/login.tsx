// The way in where the server asks for one: a token is pasted, and tried by using it.
import { useState } from 'preact/hooks';
import { useWords } from './words.ts';

export function Login({ refused, onToken }: { refused: boolean; onToken: (token: string) => void }) {
  const { say } = useWords();
  const [token, setToken] = useState('');
  return (
    <form
      class="login"
      onSubmit={(event) => {
        event.preventDefault();
        if (token.trim() !== '') onToken(token.trim());
      }}
    >
      <h2>{say('page.login.title')}</h2>
      <p class="quiet">{say('page.login.why')}</p>
      {refused ? (
        <p class="notice bad" role="alert">
          {say('page.login.refused')}
        </p>
      ) : null}
      <label for="token">{say('page.login.token')}</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <button type="submit">{say('page.login.button')}</button>
    </form>
  );
}
